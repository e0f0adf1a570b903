"""The grammar of Athena's SQL: text in, frozen syntax trees out.

Follows Trino's SqlBase.g4. Whatever that grammar has no rule for is a SYNTAX_ERROR here; whatever
it has a rule for and we can't answer is NOT_SUPPORTED. Nothing is read and then dropped.
"""
