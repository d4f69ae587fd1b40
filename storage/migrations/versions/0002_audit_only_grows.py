"""Have the database itself refuse changes of the audit: rows go only in time, from the beginning."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TRIGGER audit_changes BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END""",
    """CREATE TRIGGER audit_deletions BEFORE DELETE ON audit
    WHEN OLD.number > COALESCE((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'audit-base'), 0)
    BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.number <= COALESCE(
            (SELECT split_part(value, '|', 1)::bigint FROM facts WHERE name = 'audit-base'), 0)
        THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'the audit only grows';
    END $$""",
    """CREATE TRIGGER audit_changes BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_grows()""",
    """CREATE TRIGGER audit_emptying BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_grows()""",
)


def upgrade() -> None:
    """Add the triggers."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(sa.text(statement.replace(":", "\\:")))
