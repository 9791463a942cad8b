-- Version 3: any changed byte is found. Messages are in the chain too, each by an entry of kind `message` under its id,
-- whose content is ledger_mark(topic, key, headers, value). How far a message has come changes, so it has a mark of its
-- own beside it, which only a connection of tapgrade can set: nobody else has the function ledger_mark.
-- Entries for the messages that are there already are added by the program (migrate.c).

DROP TRIGGER outbox_no_return;
ALTER TABLE outbox ADD COLUMN mark TEXT NOT NULL DEFAULT '';
UPDATE outbox SET mark = ledger_mark(id, state, attempts, coalesce(delivered_at, ''));

CREATE TRIGGER outbox_no_return BEFORE UPDATE OF state, delivered_at ON outbox WHEN OLD.state = 'delivered'
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER outbox_marked_new AFTER INSERT ON outbox
    BEGIN UPDATE outbox SET mark = ledger_mark(id, state, attempts, coalesce(delivered_at, ''))
        WHERE number = NEW.number; END;
CREATE TRIGGER outbox_marked AFTER UPDATE OF state, attempts, delivered_at ON outbox
    BEGIN UPDATE outbox SET mark = ledger_mark(id, state, attempts, coalesce(delivered_at, ''))
        WHERE number = NEW.number; END;

-- What the program itself says of the file is as fixed as the rest.
CREATE TRIGGER meta_no_update BEFORE UPDATE ON meta
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER meta_no_delete BEFORE DELETE ON meta
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

PRAGMA user_version = 3;
