import { EXIT } from '../exitCode'

/**
 * A reader that goes away (`| head -1`, a log collector that restarts) stops no work and leaves no stack. A disk that
 * does not take the result is a fault.
 */
export function surviveLostStreams(): void {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || code === 'EIO') return
    process.stderr.write(
      `DISK_FAILED: The result cannot be written to standard output\n  got:      ${code}\n`,
    )
    process.once('exit', () => (process.exitCode ||= EXIT.unreachable))
  })
}
