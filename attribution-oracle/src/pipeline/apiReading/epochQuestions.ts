import { canonicalJson, type Post } from '../../domain'
import { explainAccount, explainContribution, type AccountExplanation } from '../explain'
import type { Explaining } from '../explainEpoch'
import { Decisions, type Decided, type DecisionQuery } from './decisions'

/**
 * What reads a whole epoch and computes on it to answer one question. Every answer is a function of its input and of
 * content alone, and what goes in and out can be handed to another thread.
 */
export interface EpochQuestions {
  /** the decision that a contribution is in. @throws as Decisions.one */
  decision(input: { post: Post; id: bigint }): Promise<Decided | undefined>
  /** ascending by id. @throws as Decisions.one */
  decisions(input: DecisionQuery): Promise<readonly Decided[]>
  /** canonical JSON of an Explanation. @throws as explainContribution */
  explainContribution(input: { post: Post; id: bigint }): Promise<string>
  /** canonical JSON of an AccountExplanation. @throws as explainAccount */
  explainAccount(input: AccountQuestion): Promise<string>
}

/** `status` is what the chain says of the post. */
export type AccountQuestion = { post: Post } & Pick<AccountExplanation, 'account' | 'status'>

/** Answers where it is called. */
export function epochQuestions(deps: Explaining): EpochQuestions {
  const decisions = new Decisions(deps.content)
  return {
    decision: ({ post, id }) => decisions.one(post, id),
    decisions: query => decisions.page(query),
    explainContribution: async ({ post, id }) =>
      canonicalJson(await explainContribution(deps.content, post, id)),
    explainAccount: async ({ account, ...posted }) =>
      canonicalJson(await explainAccount(deps, posted, account)),
  }
}
