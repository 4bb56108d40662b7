"""What a person enters in a scenario, checked against the form and divided as the form says."""

from __future__ import annotations

from engine.feel import compile_expression, evaluate_json
from forms.model import CheckboxField, ChoiceField, DynamicList, Form


def variables_of(form: Form, answers: dict, variables: dict, facts: dict) -> dict:
    """The process variables that a submitted form gives.

    Fields nobody mentioned keep the value of the variable of that name, as a prefilled form does, else they are null or false.

    Args:
        form: The form.
        answers: What the scenario enters.
        variables: What the task sees.
        facts: ``fall`` and ``profil``.

    Raises:
        AssertionError: for an unknown field, an answer that cannot be chosen, or a missing answer that a variable needs.
    """
    fields = {path: field for path, field in form.fields() if "*" not in path}
    context = {**facts, **variables}
    given = {path: pick(answers, path) for path in fields}
    unknown = sorted(set(leaves(answers, fields)) - {".".join(path) for path in fields})
    assert not unknown, f"{form.id} has no field {unknown[0]}"
    for path, field in fields.items():
        if field.binding.variable and given[path] is None and not mentioned(answers, path):
            given[path] = pick(variables, path)
    names = {path[-1]: value for path, value in given.items()}
    out: dict = {}
    for path, field in fields.items():
        value, is_hidden = given[path], hides(field, fields, answers, {**context, **names}, path)
        assert not (is_hidden and pick(answers, path) is not None), f"{form.id}: {field.key} is hidden here and cannot be answered"
        if is_hidden or field.readonly is True:
            continue
        check(form, field, value)
        if not field.binding.variable:
            continue
        assert not (field.required and value in (None, "", [])), f"{form.id}: {field.key} needs an answer"
        put(out, path, bool(value) if isinstance(field, CheckboxField) else value)
    return out


def hides(field, fields: dict, answers: dict, scope: dict, path: tuple[str, ...]) -> bool:
    """Whether a field is hidden. If that depends on an answer for the Fallakte that the scenario leaves out, an answer shows it."""
    if field.hide is None:
        return False
    left_out = {p[-1] for p, f in fields.items() if not f.binding.variable and not mentioned(answers, p)}
    if compile_expression(field.hide).names & left_out:
        return not mentioned(answers, path)
    return evaluate_json(field.hide, scope) is True


def check(form: Form, field, value) -> None:
    """A given answer has the right kind; rows of lists too."""
    if value is None:
        return
    if isinstance(field, CheckboxField):
        assert isinstance(value, bool), f"{form.id}: {field.key} is true or false"
    if isinstance(field, ChoiceField):
        chosen = value if field.multiple else [value]
        assert isinstance(chosen, list), f"{form.id}: {field.key} is a list"
        if field.options is not None:
            possible = {option.value for option in field.options}
            assert set(chosen) <= possible, f"{form.id}: {field.key} offers {sorted(map(str, possible))}, not {chosen}"
    if isinstance(field, DynamicList):
        assert isinstance(value, list), f"{form.id}: {field.key} is a list of rows"
        columns = {column.key: column for column in field.components if hasattr(column, "key")}
        for row in value:
            assert set(row) <= set(columns), f"{form.id}: {field.key} has no column {sorted(set(row) - set(columns))}"
            for name, cell in row.items():
                check(form, columns[name], cell)


def leaves(answers: dict, fields: dict, prefix: tuple[str, ...] = ()) -> list[str]:
    """Dotted names of the answers; a mapping is a group unless a field takes it."""
    found = []
    for name, value in answers.items():
        path = (*prefix, *str(name).split("."))
        if isinstance(value, dict) and path not in fields:
            found += leaves(value, fields, path)
        else:
            found.append(".".join(path))
    return found


def pick(answers: dict, path: tuple[str, ...]):
    """The answer at a path."""
    value = answers
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def mentioned(answers: dict, path: tuple[str, ...]) -> bool:
    """Whether there is an answer, be it null."""
    holder = pick(answers, path[:-1])
    return isinstance(holder, dict) and path[-1] in holder


def put(out: dict, path: tuple[str, ...], value) -> None:
    """Write at a path."""
    for name in path[:-1]:
        out = out.setdefault(name, {})
    out[path[-1]] = value
