// Checks what `npm start -- --json` printed: one JSON object, in which no cached answer differed from the database's.
import { readFileSync } from 'node:fs'

const { mismatches } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
if (mismatches !== 0) throw new Error(`expected mismatches to be 0, got ${mismatches}`)
