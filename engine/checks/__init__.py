"""The rules of ``engine.lint``.

``structure`` walks scopes and flows, ``nodes`` looks at single elements, ``events`` at events, ``texts`` at expressions and timers;
``context`` collects findings.
"""
