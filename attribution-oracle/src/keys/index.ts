export { createKeystore, importKey, type Keystore } from './keystore'
export { readKeystore, writeKeystore } from './keystoreFile'
export { privateKeySigner } from './privateKey'
export { addressOf, openSigner } from './signers'
