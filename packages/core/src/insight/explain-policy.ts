import type { CachedHint } from '../policies/policy.ts'
import type { Engine } from '../engine.ts'
import type { ReadPlan } from '../policies/query.ts'
import { type GivenPolicy, PLAIN_POLICY, type ReadPolicy, refine } from '../policies/read-policy.ts'

/** `'hint'`, `'table film'` where the policy of that table has decided, `'cache'` for its options, or `'default'`. */
export type ExplainedPolicy = {
  readonly [Part in keyof ReadPolicy]: { readonly value: ReadPolicy[Part]; readonly from: string }
}

/** What holds for a read under a hint, and who has said so. */
export function explainPolicy(
  { settings }: Engine,
  plan: ReadPlan,
  hint: CachedHint | undefined,
  policy: ReadPolicy,
): ExplainedPolicy {
  const tables = plan.decision.cached && plan.tables !== 'unknown' ? plan.tables : []
  const from = (part: keyof ReadPolicy): string => {
    if (decides(hint?.policy, part, policy)) return 'hint'
    const table = tables.find((name) => decides(plan.policies.givenOf(name), part, policy))
    if (table !== undefined) return `table ${table}`
    return decides(settings.givenPolicy, part, policy) ? 'cache' : 'default'
  }
  const parts = Object.keys(PLAIN_POLICY) as (keyof ReadPolicy)[]
  return Object.fromEntries(
    parts.map((part) => [part, { value: policy[part], from: from(part) }]),
  ) as ExplainedPolicy
}

/** Whether it is because of what was given there that a part of the policy is what it is. */
function decides(
  given: GivenPolicy | undefined,
  part: keyof ReadPolicy,
  policy: ReadPolicy,
): boolean {
  return given !== undefined && refine(UNSAID, given)[part] === policy[part]
}

/** What nobody has said: no part of any policy is that. */
const UNSAID = Object.fromEntries(
  Object.keys(PLAIN_POLICY).map((part) => [part, undefined]),
) as unknown as ReadPolicy
