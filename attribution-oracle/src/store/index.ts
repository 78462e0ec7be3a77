export * from './epochStore'
export { memoryOutbox } from './memoryOutbox'
