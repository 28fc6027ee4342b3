CREATE TYPE "role" AS ENUM ('reader', 'editor', 'admin');
CREATE SCHEMA archive;
CREATE TABLE "samples" (
  "scores" INTEGER[],
  "sizes" BIGINT[],
  "rates" DECIMAL(65,30)[],
  "days" TIMESTAMP(3)[],
  "notes" JSONB[],
  "id" INTEGER PRIMARY KEY
);
CREATE TABLE "authors" (
  "id" SERIAL PRIMARY KEY,
  "name" TEXT NOT NULL UNIQUE,
  "role" "role" NOT NULL DEFAULT 'reader',
  "settings" JSONB,
  "mentor_id" INTEGER REFERENCES "authors" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE TABLE "posts" (
  "id" SERIAL PRIMARY KEY,
  "title" TEXT NOT NULL,
  "body" TEXT NOT NULL DEFAULT '',
  "published" BOOLEAN NOT NULL DEFAULT false,
  "reads" BIGINT NOT NULL DEFAULT 0,
  "price" DECIMAL(8,2),
  "cover" BYTEA,
  "written_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "author_id" INTEGER NOT NULL,
  FOREIGN KEY ("author_id") REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE "tags" ("name" TEXT PRIMARY KEY);
CREATE TABLE "teams" (
  "region" TEXT NOT NULL,
  "number" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  PRIMARY KEY ("region", "number")
);
CREATE TABLE "memberships" (
  "author_id" INTEGER NOT NULL,
  "team_region" TEXT NOT NULL,
  "team_number" INTEGER NOT NULL,
  "is_lead" BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY ("author_id", "team_region", "team_number"),
  FOREIGN KEY ("author_id") REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY ("team_region", "team_number") REFERENCES "teams" ("region", "number") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE "_Friends" (
  "A" INTEGER NOT NULL REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "B" INTEGER NOT NULL REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY ("A", "B")
);
CREATE TABLE "_PostToTag" (
  "A" INTEGER NOT NULL,
  "B" TEXT NOT NULL,
  PRIMARY KEY ("A", "B"),
  FOREIGN KEY ("A") REFERENCES "posts" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY ("B") REFERENCES "tags" ("name") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE archive."posts" (
  "id" INTEGER PRIMARY KEY,
  "title" TEXT NOT NULL,
  "author_id" INTEGER NOT NULL REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE VIEW "active_authors" AS
  SELECT "authors"."id", "authors"."name", count(*) AS "posts"
  FROM "authors" JOIN "posts" ON "posts"."author_id" = "authors"."id" AND "posts"."published"
  GROUP BY "authors"."id", "authors"."name";
