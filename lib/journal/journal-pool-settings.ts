/**
 * How PostgreSQL plans the statements of the journal. All of them find rows by their keys, and a plan is made when a
 * partition may still be empty and used when it holds millions: so it is made once, without looking at values, never reads a
 * table as a whole, and never sorts what an index has in order. None is worth compiling.
 */
export const journalPoolSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  jit: 'off',
} as const
