import type { ColumnType, Generated } from 'kysely'

/** The tables of schema.prisma under their physical names, as Kysely sees them. */
export interface Tables {
  films: FilmTable
  genres: NameTable
  distributors: NameTable
  directors: NameTable
  director_profiles: DirectorProfileTable
  viewers: ViewerTable
  reviews: ReviewTable
  review_votes: ReviewVoteTable
  airports: AirportTable
  routes: RouteTable
  _Favourites: { A: number; B: string }
  _Follows: { A: string; B: string }
}

/** Drivers give a `bigint` column as a bigint, a number or text, and take each of them. */
type BigIntColumn = ColumnType<
  bigint | number | string | null,
  bigint | number | string | null | undefined,
  bigint | number | string | null
>
type DateColumn = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
type MomentColumn = ColumnType<Date, Date | string | undefined, Date | string>

export type MpaaRating = 'G' | 'PG' | 'PG-13' | 'R' | 'NC-17' | 'Not Rated' | 'Open'

export interface FilmTable {
  id: Generated<number>
  title: string
  released_on: DateColumn
  production_budget: BigIntColumn
  us_gross: BigIntColumn
  worldwide_gross: BigIntColumn
  imdb_rating: ColumnType<string | null, number | string | null | undefined, number | string | null>
  imdb_votes: number | null
  rotten_tomatoes_rating: number | null
  running_minutes: number | null
  mpaa_rating: MpaaRating | null
  creative_type: string | null
  source: string | null
  details: ColumnType<unknown, string | null | undefined, string | null>
  poster: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>
  tags: Generated<string[]>
  genre_id: number | null
  director_id: number | null
  distributor_id: number | null
  sequel_of_id: number | null
}

export interface NameTable {
  id: Generated<number>
  name: string
}

export interface DirectorProfileTable {
  director_id: number
  biography: string
  born_on: DateColumn
}

export interface ViewerTable {
  /** A UUID; Prisma makes one, Kysely is to be given one. */
  id: string
  name: string
  email: string
  joined_at: MomentColumn
}

export interface ReviewTable {
  id: Generated<number>
  stars: number
  body: string | null
  written_at: MomentColumn
  film_id: number
  viewer_id: string
}

export interface ReviewVoteTable {
  review_id: number
  viewer_id: string
  helpful: boolean
}

export interface AirportTable {
  iata: string
  name: string
  city: string | null
  state: string | null
  country: string
  latitude: number
  longitude: number
}

export interface RouteTable {
  origin_iata: string
  destination_iata: string
  flight_count: number
}
