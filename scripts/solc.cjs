#!/usr/bin/env node
// The compiler that forge calls: npm's solc behind the two calls of the native binary that forge uses.
const { readFileSync, writeSync } = require('node:fs')
const solc = require('solc')

function print(text) {
  const bytes = Buffer.from(text)
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += writeSync(1, bytes, offset)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

if (process.argv.includes('--version')) {
  print(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else {
  print(solc.compile(readFileSync(0, 'utf8')))
}
