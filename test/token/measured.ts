import hre from 'hardhat'

/** A test of gas or size: left out where coverage instruments the code, which makes it larger and dearer. */
export const itMeasured = '__SOLIDITY_COVERAGE_RUNNING' in hre ? it.skip : it
