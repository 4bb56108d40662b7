"""The regular expressions of XPath."""

from __future__ import annotations

import pytest

from engine.feel import regex
from engine.feel.values import Faulty

STEPS = 100_000


@pytest.mark.parametrize(
    ("pattern", "text", "flags", "expected"),
    [
        ("b+", "abbc", "", True), ("^b", "abc", "", False), ("a.c", "a\nc", "", False), ("a.c", "a\nc", "s", True), ("^b$", "a\nb\nc", "m", True), ("^b$", "a\nb\nc", "", False),
        ("HELLO", "hello", "i", True), ("[A-Z]+", "abc", "i", True), ("h e", "he", "x", True), ("a.c", "abc", "q", False), ("a.c", "a.c", "q", True),
        ("[a-z-[aeiou]]", "a", "", False), ("[a-z-[aeiou]]", "b", "", True), (r"\p{Lu}", "Ä", "", True), (r"\P{Lu}", "Ä", "", False), (r"^\p{IsBasicLatin}+$", "abc", "", True),
        (r"(a)\1", "aa", "", True), (r"^\i\c*$", "a-1", "", True), (r"^\d{2,3}$", "1234", "", False), ("a{2}", "aa", "", True), ("(?:ab)+c", "ababc", "", True), ("x*?y", "xxy", "", True),
        ("", "abc", "", True), ("(a|ab)(c|bcd)", "abcd", "", True), ("[^a]", "a", "", False), (r"[\d\-x]", "-", "", True), ("a||b", "b", "", True),
    ],
)  # fmt: skip
def test_matches(pattern: str, text: str, flags: str, expected: bool) -> None:
    assert regex.matches(text, pattern, flags, [STEPS]) is expected


@pytest.mark.parametrize("pattern", ["(", ")", "[", "a**", "a{2,1}", "(?=a)", "\\", r"\q", "[b-a]", "+", r"\p{Xx}", r"(a)\2", "(?<n>a)", "a{", "[]"])
def test_pattern_of_another_dialect_is_a_fault(pattern: str) -> None:
    with pytest.raises(Faulty):
        regex.matches("a", pattern, "", [STEPS])


@pytest.mark.parametrize(
    ("text", "pattern", "replacement", "expected"),
    [
        ("abracadabra", "bra", "*", "a*cada*"), ("abracadabra", "a.*?a", "*", "*c*bra"), ("AAAA", "A+?", "b", "bbbb"), ("darted", "^(.*?)d(.*)$", "$1c$2", "carted"),
        ("abc", "b", r"\$1\\", "a$1\\c"), ("abcd", "(ab)|(a)", "[1=$1][2=$2]", "[1=ab][2=]cd"), ("a", "(a)", "$12", "a2"),
    ],
)  # fmt: skip
def test_replace(text: str, pattern: str, replacement: str, expected: str) -> None:
    assert regex.replace(text, pattern, replacement, "", [STEPS]) == expected


@pytest.mark.parametrize(("pattern", "replacement"), [("a*", "b"), ("a", "$"), ("a", r"\x"), ("a", "$x")])
def test_replace_without_meaning_is_a_fault(pattern: str, replacement: str) -> None:
    with pytest.raises(Faulty):
        regex.replace("aaa", pattern, replacement, "", [STEPS])


def test_split_keeps_empty_parts() -> None:
    assert regex.split("a;;b;", ";", [STEPS]) == ["a", "", "b", ""]
