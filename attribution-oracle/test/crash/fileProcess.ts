// Work on files in a process of its own, which may be killed at any write.
import { doFileWork } from './fileWork'
import { serveParent } from './serveParent'

serveParent(doFileWork)
