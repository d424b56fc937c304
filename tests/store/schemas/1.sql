BEGIN TRANSACTION;
CREATE TABLE event (
        session_id TEXT NOT NULL REFERENCES session (session_id),
        seq        INTEGER NOT NULL,
        at         REAL NOT NULL,
        type       TEXT NOT NULL,
        body       TEXT NOT NULL,
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "event" VALUES('call_000000000000000000000001',1,1.5,'vivavoce.transcript','{"type":"vivavoce.transcript","seq":1,"item_id":"i1","role":"persona","text":"Guten Abend."}');
INSERT INTO "event" VALUES('call_000000000000000000000001',2,4.25,'vivavoce.transcript','{"type":"vivavoce.transcript","seq":2,"item_id":"i2","role":"learner","text":"Es tut mir leid – 對不起."}');
INSERT INTO "event" VALUES('call_000000000000000000000001',3,61.0,'vivavoce.grade','{"type":"vivavoce.grade","seq":3,"grade":{"score":70}}');
INSERT INTO "event" VALUES('call_000000000000000000000001',4,61.5,'vivavoce.ended','{"type":"vivavoce.ended","seq":4,"reason":"learner_ended"}');
INSERT INTO "event" VALUES('call_000000000000000000000002',1,2.0,'vivavoce.transcript','{"type":"vivavoce.transcript","seq":1,"item_id":"i1","role":"persona","text":"Guten Abend."}');
CREATE TABLE regrade (
        session_id TEXT NOT NULL REFERENCES session (session_id),
        graded_at  REAL NOT NULL,
        body       TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "regrade" VALUES('call_000000000000000000000001',1790000500.0,'{"type":"vivavoce.grade","grade":{"score":75}}');
CREATE TABLE session (
        session_id       TEXT PRIMARY KEY,
        scenario_id      TEXT NOT NULL,
        scenario_version INTEGER NOT NULL,
        user             TEXT NOT NULL,
        upstream         TEXT NOT NULL,
        model            TEXT NOT NULL,
        started_at       REAL NOT NULL,
        ended_at         REAL,
        ended_reason     TEXT
    , scenario TEXT, record TEXT NOT NULL DEFAULT 'transcript', retain_until REAL, retry_of TEXT, retry_item TEXT) STRICT
    ;
INSERT INTO "session" VALUES('call_000000000000000000000001','hotel-complaint',2,'ada','embedded','vivavoce/hotel-complaint',1790000000.0,1790000061.5,'learner_ended','{"title":"A complaint"}','audio',1821536000.0,NULL,NULL);
INSERT INTO "session" VALUES('call_000000000000000000000002','hotel-complaint',2,'ada','embedded','vivavoce/hotel-complaint',1790001000.0,NULL,NULL,NULL,'transcript',NULL,'call_000000000000000000000001','i2');
INSERT INTO "session" VALUES('call_000000000000000000000003','job-interview',1,'bo','openai','gpt-realtime-2.1',1790002000.0,NULL,NULL,NULL,'none',NULL,NULL,NULL);
CREATE INDEX regrade_session ON regrade (session_id);
CREATE INDEX event_grade ON event (session_id) WHERE type = 'vivavoce.grade';
COMMIT;
