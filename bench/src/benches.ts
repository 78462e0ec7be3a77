import { attribution } from './attribution/attribution'
import type { Bench } from './bench'
import { decode } from './decode'
import { features } from './features'
import { gas } from './gas/gas'
import { ledger } from './ledger'
import { suffix } from './suffix/suffix'
import { tokenizer } from './tokenizer'
import { training } from './training'

export const BENCHES: readonly Bench[] = [
  ...[ledger, features, training, decode, tokenizer, suffix],
  ...[attribution, gas],
]
