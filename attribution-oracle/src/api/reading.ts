export type { ApiReading } from '../domain'
