/** The part of autocannon 9 that the load uses; it has no types of its own. */
declare module 'autocannon' {
  interface Request {
    path?: string
  }
  interface Options {
    url: string
    connections: number
    /** seconds */
    duration: number
    /** requests a second of all connections together; without it as many as are answered */
    overallRate?: number
    requests: { setupRequest(request: Request): Request }[]
  }
  interface Result {
    requests: { average: number; total: number }
    latency: { p50: number; p99: number; max: number }
    non2xx: number
    errors: number
    timeouts: number
  }
  export default function autocannon(options: Options): Promise<Result>
}
