// Writes deployments/system.schema.json from the schema that the code reads records with.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { DEPLOYMENTS, recordJsonSchema } from './deploymentRecord'

writeFileSync(join(DEPLOYMENTS, 'system.schema.json'), `${JSON.stringify(recordJsonSchema(), null, 2)}\n`)
