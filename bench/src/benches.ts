import { api } from './api/api'
import { attribution } from './attribution/attribution'
import type { Bench } from './bench'
import { decode } from './decode'
import { features } from './features'
import { gas } from './gas/gas'
import { ingest } from './ingest/ingest'
import { ledgerTree } from './ledgerTree/ledgerTree'
import { medquad } from './medquad/medquad'
import { scoring } from './scoring/scoring'
import { soak } from './soak/soak'
import { suffix } from './suffix/suffix'
import { tokenizer } from './tokenizer'
import { training } from './training'
import { untuned } from './untuned/untuned'

export const BENCHES: readonly Bench[] = [
  ...[ledgerTree, api, ingest, soak, features, training, decode, tokenizer, suffix],
  ...[scoring, attribution, untuned, medquad, gas],
]
