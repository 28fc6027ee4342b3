import { configureGlobal } from 'fast-check'

// Property tests try the same in every run, so that a run that fails is one that anybody can repeat. TIDEMARK_SEED takes
// another seed; a test that names its own keeps it.
configureGlobal({ seed: Number(process.env['TIDEMARK_SEED'] ?? 20261120) })
