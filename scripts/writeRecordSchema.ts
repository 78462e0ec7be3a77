// Writes deployments/*.schema.json from the schemas that the code reads records and parameters with.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { parametersJsonSchema } from './deployParameters'
import { DEPLOYMENTS, recordJsonSchema } from './deploymentRecord'

for (const [name, schema] of [
  ['system', recordJsonSchema()],
  ['parameters', parametersJsonSchema()],
]) {
  writeFileSync(join(DEPLOYMENTS, `${String(name)}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`)
}
