export * from './epochStore'
