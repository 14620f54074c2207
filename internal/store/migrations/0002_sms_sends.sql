-- What SMS codes cost: every send of the last days, and the breaker.

-- +goose Up
CREATE TABLE sms_sends (
    id        TEXT   NOT NULL PRIMARY KEY,
    number    BIGINT NOT NULL,
    country   TEXT   NOT NULL,
    user_id   TEXT   NOT NULL,
    ip_prefix TEXT   NOT NULL,
    sent_at   BIGINT NOT NULL,
    typed_at  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX sms_sends_number ON sms_sends (number, sent_at);
CREATE INDEX sms_sends_user ON sms_sends (user_id, sent_at);
CREATE INDEX sms_sends_ip ON sms_sends (ip_prefix, sent_at);
CREATE INDEX sms_sends_at ON sms_sends (sent_at);

CREATE TABLE sms_gate (
    id            BIGINT NOT NULL PRIMARY KEY,
    breaker_until BIGINT NOT NULL
);

-- +goose Down
DROP TABLE sms_gate;
DROP TABLE sms_sends;
