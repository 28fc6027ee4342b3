CREATE TYPE "mpaa_rating" AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17', 'Not Rated', 'Open');

CREATE TABLE "genres" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    CONSTRAINT "genres_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "genres_name_key" ON "genres"("name");

CREATE TABLE "distributors" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    CONSTRAINT "distributors_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "distributors_name_key" ON "distributors"("name");

CREATE TABLE "directors" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    CONSTRAINT "directors_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "directors_name_key" ON "directors"("name");

CREATE TABLE "director_profiles" (
    "director_id" INTEGER NOT NULL,
    "biography" TEXT NOT NULL,
    "born_on" DATE,
    CONSTRAINT "director_profiles_pkey" PRIMARY KEY ("director_id"),
    CONSTRAINT "director_profiles_director_id_fkey" FOREIGN KEY ("director_id")
        REFERENCES "directors"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "films" (
    "id" SERIAL NOT NULL,
    "title" TEXT NOT NULL,
    "released_on" DATE,
    "production_budget" BIGINT,
    "us_gross" BIGINT,
    "worldwide_gross" BIGINT,
    "imdb_rating" DECIMAL(3,1),
    "imdb_votes" INTEGER,
    "rotten_tomatoes_rating" INTEGER,
    "running_minutes" INTEGER,
    "mpaa_rating" "mpaa_rating",
    "creative_type" TEXT,
    "source" TEXT,
    "details" JSONB,
    "poster" BYTEA,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "genre_id" INTEGER,
    "director_id" INTEGER,
    "distributor_id" INTEGER,
    "sequel_of_id" INTEGER,
    CONSTRAINT "films_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "films_genre_id_fkey" FOREIGN KEY ("genre_id")
        REFERENCES "genres"("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "films_director_id_fkey" FOREIGN KEY ("director_id")
        REFERENCES "directors"("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "films_distributor_id_fkey" FOREIGN KEY ("distributor_id")
        REFERENCES "distributors"("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "films_sequel_of_id_fkey" FOREIGN KEY ("sequel_of_id")
        REFERENCES "films"("id") ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX "films_title_idx" ON "films"("title");
CREATE INDEX "films_genre_id_idx" ON "films"("genre_id");
CREATE INDEX "films_director_id_idx" ON "films"("director_id");
CREATE INDEX "films_distributor_id_idx" ON "films"("distributor_id");
CREATE INDEX "films_sequel_of_id_idx" ON "films"("sequel_of_id");

CREATE TABLE "viewers" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "viewers_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "viewers_email_key" ON "viewers"("email");

CREATE TABLE "reviews" (
    "id" SERIAL NOT NULL,
    "stars" INTEGER NOT NULL,
    "body" TEXT,
    "written_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "film_id" INTEGER NOT NULL,
    "viewer_id" UUID NOT NULL,
    CONSTRAINT "reviews_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "reviews_film_id_fkey" FOREIGN KEY ("film_id")
        REFERENCES "films"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "reviews_viewer_id_fkey" FOREIGN KEY ("viewer_id")
        REFERENCES "viewers"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "reviews_film_id_viewer_id_key" ON "reviews"("film_id", "viewer_id");
CREATE INDEX "reviews_viewer_id_idx" ON "reviews"("viewer_id");

CREATE TABLE "review_votes" (
    "review_id" INTEGER NOT NULL,
    "viewer_id" UUID NOT NULL,
    "helpful" BOOLEAN NOT NULL,
    CONSTRAINT "review_votes_pkey" PRIMARY KEY ("review_id", "viewer_id"),
    CONSTRAINT "review_votes_review_id_fkey" FOREIGN KEY ("review_id")
        REFERENCES "reviews"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "review_votes_viewer_id_fkey" FOREIGN KEY ("viewer_id")
        REFERENCES "viewers"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "review_votes_viewer_id_idx" ON "review_votes"("viewer_id");

-- Implicit many-to-many: "A" is the model whose name comes first in the alphabet.
CREATE TABLE "_Favourites" (
    "A" INTEGER NOT NULL,
    "B" UUID NOT NULL,
    CONSTRAINT "_Favourites_AB_pkey" PRIMARY KEY ("A", "B"),
    CONSTRAINT "_Favourites_A_fkey" FOREIGN KEY ("A")
        REFERENCES "films"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "_Favourites_B_fkey" FOREIGN KEY ("B")
        REFERENCES "viewers"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "_Favourites_B_index" ON "_Favourites"("B");

CREATE TABLE "_Follows" (
    "A" UUID NOT NULL,
    "B" UUID NOT NULL,
    CONSTRAINT "_Follows_AB_pkey" PRIMARY KEY ("A", "B"),
    CONSTRAINT "_Follows_A_fkey" FOREIGN KEY ("A")
        REFERENCES "viewers"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "_Follows_B_fkey" FOREIGN KEY ("B")
        REFERENCES "viewers"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "_Follows_B_index" ON "_Follows"("B");

CREATE TABLE "airports" (
    "iata" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "city" TEXT,
    "state" TEXT,
    "country" TEXT NOT NULL,
    "latitude" DOUBLE PRECISION NOT NULL,
    "longitude" DOUBLE PRECISION NOT NULL,
    CONSTRAINT "airports_pkey" PRIMARY KEY ("iata")
);
CREATE INDEX "airports_state_idx" ON "airports"("state");

CREATE TABLE "routes" (
    "origin_iata" TEXT NOT NULL,
    "destination_iata" TEXT NOT NULL,
    "flight_count" INTEGER NOT NULL,
    CONSTRAINT "routes_pkey" PRIMARY KEY ("origin_iata", "destination_iata"),
    CONSTRAINT "routes_origin_iata_fkey" FOREIGN KEY ("origin_iata")
        REFERENCES "airports"("iata") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "routes_destination_iata_fkey" FOREIGN KEY ("destination_iata")
        REFERENCES "airports"("iata") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "routes_destination_iata_idx" ON "routes"("destination_iata");
