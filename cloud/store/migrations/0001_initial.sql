-- The first schema. Do not edit: a change is a new file with the next number.
--
-- Times are milliseconds since 1970, UTC. Enumerations are the numbers of cloud/domain/records.h.
-- "pairs" is a list of keys and values in one text, see cloud/store/pairs.h.
-- References are not declared: the rules keep them, inside one transaction.

CREATE TABLE things (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE thing_attributes (
  thing TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (thing, name)
) WITHOUT ROWID, STRICT;
CREATE INDEX things_by_attribute ON thing_attributes (name, value, thing);

CREATE TABLE thing_groups (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  parent TEXT NOT NULL,            -- '' for a root
  description TEXT NOT NULL,
  attributes TEXT NOT NULL,        -- pairs
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX groups_by_parent ON thing_groups (parent, name);

CREATE TABLE group_members (
  group_name TEXT NOT NULL,
  thing TEXT NOT NULL,
  PRIMARY KEY (group_name, thing)
) WITHOUT ROWID, STRICT;
CREATE INDEX groups_by_member ON group_members (thing, group_name);

CREATE TABLE certificates (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  pem TEXT NOT NULL,
  status INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  without_ca INTEGER NOT NULL
) STRICT;

CREATE TABLE thing_certificates (
  certificate TEXT NOT NULL,
  thing TEXT NOT NULL,
  PRIMARY KEY (certificate, thing)
) WITHOUT ROWID, STRICT;
CREATE INDEX certificates_by_thing ON thing_certificates (thing, certificate);

CREATE TABLE policies (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  default_version INTEGER NOT NULL,
  last_version INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE policy_versions (
  policy TEXT NOT NULL,
  id INTEGER NOT NULL,
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (policy, id)
) WITHOUT ROWID, STRICT;

CREATE TABLE policy_targets (
  policy TEXT NOT NULL,
  target TEXT NOT NULL,            -- ARN of a certificate or a thing group
  PRIMARY KEY (policy, target)
) WITHOUT ROWID, STRICT;
CREATE INDEX policies_by_target ON policy_targets (target, policy);

CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  status INTEGER NOT NULL,
  work INTEGER NOT NULL,
  selection INTEGER NOT NULL,
  description TEXT NOT NULL,
  in_progress_timeout_minutes INTEGER,
  force_canceled INTEGER NOT NULL,
  reason_code TEXT NOT NULL,
  comment TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER
) STRICT;
CREATE INDEX jobs_by_status ON jobs (status);
CREATE INDEX jobs_with_work ON jobs (sequence) WHERE work <> 0;

-- Apart from the job, so that its row stays short.
CREATE TABLE job_documents (
  job TEXT PRIMARY KEY,
  document TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE job_targets (
  sequence INTEGER NOT NULL,       -- of the job
  position INTEGER NOT NULL,       -- 0, 1, ...: the order in which they were named
  target TEXT NOT NULL,
  PRIMARY KEY (sequence, position)
) WITHOUT ROWID, STRICT;
CREATE INDEX jobs_by_target ON job_targets (target);

CREATE TABLE job_counts (
  job TEXT PRIMARY KEY,
  queued INTEGER NOT NULL DEFAULT 0,
  in_progress INTEGER NOT NULL DEFAULT 0,
  succeeded INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  timed_out INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  canceled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;

CREATE TABLE rollout_queue (
  sequence INTEGER PRIMARY KEY,
  job TEXT NOT NULL,
  thing TEXT NOT NULL,
  UNIQUE (thing, job)
) STRICT;
CREATE INDEX rollout_by_job ON rollout_queue (job);

CREATE TABLE executions (
  thing TEXT NOT NULL,
  job TEXT NOT NULL,
  number INTEGER NOT NULL,
  status INTEGER NOT NULL,
  version INTEGER NOT NULL,
  queue_order INTEGER NOT NULL,
  details TEXT NOT NULL,           -- pairs
  queued_at INTEGER NOT NULL,
  started_at INTEGER,
  updated_at INTEGER NOT NULL,
  job_deadline INTEGER,
  step_deadline INTEGER,
  deadline INTEGER,                -- the earlier of the two: when the timer fires
  force_canceled INTEGER NOT NULL,
  PRIMARY KEY (thing, job, number)
) WITHOUT ROWID, STRICT;
-- The pending list, in its order: IN_PROGRESS (1) before QUEUED (0).
CREATE INDEX pending_executions ON executions (thing, status DESC, queued_at, queue_order)
  WHERE status <= 1;
CREATE INDEX executions_by_job ON executions (job, status);
CREATE INDEX executions_by_deadline ON executions (deadline) WHERE deadline IS NOT NULL;

-- One row: queue_order numbers below this one may have been given.
CREATE TABLE queue_orders (
  reserved_until INTEGER NOT NULL
) STRICT;
INSERT INTO queue_orders VALUES (0);

CREATE TABLE owed_notices (
  thing TEXT PRIMARY KEY
) WITHOUT ROWID, STRICT;

CREATE TABLE tags (
  arn TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (arn, key)
) WITHOUT ROWID, STRICT;

-- At most one row.
CREATE TABLE event_settings (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  enabled TEXT NOT NULL,           -- pairs: event type, "1" or "0"
  created_at INTEGER,
  modified_at INTEGER
) STRICT;
