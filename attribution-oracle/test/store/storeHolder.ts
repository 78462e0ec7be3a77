// A process of its own that opens a store, takes the poster's lock, says so, and stays until it is killed.
import { EpochStore } from '../../src/store'

async function main(): Promise<void> {
  const store = await EpochStore.open(process.argv[2]!)
  const lock = await store.lock('poster')
  process.stdout.write(lock ? 'holding\n' : 'refused\n')
  setInterval(() => undefined, 1000)
}

void main()
