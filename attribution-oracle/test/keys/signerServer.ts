import { recoverAddress, Transaction, TypedDataEncoder, Wallet, type TransactionLike } from 'ethers'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Request {
  id: number
  method: string
  params: [unknown, unknown?]
}

type Parameters = Record<string, string>

/** Something that a signer may do wrong, or not at all. */
export interface Fault {
  /** changes what is signed */
  twist?: (transaction: TransactionLike) => TransactionLike
  /** signs with this key instead of its own */
  key?: Wallet
  /** methods that it does not know */
  unknown?: readonly string[]
  /** what it answers, whatever it is asked */
  answer?: { status: number; body: string }
  /** answers { raw, tx }, as geth does */
  wrapped?: boolean
  /** signs typed data as a personal message, as old signers did */
  personal?: boolean
}

/** A remote signer: a key behind HTTP that answers as a web3signer in its eth1 mode does. */
export class SignerServer {
  fault: Fault = {}
  readonly asked: string[] = []
  /** the header of the last request */
  authorization: string | undefined

  private constructor(
    private readonly server: Server,
    readonly url: string,
    readonly wallet: Wallet,
  ) {}

  static async start(wallet: Wallet): Promise<SignerServer> {
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', part => (body += String(part)))
      request.on('end', () => {
        started.authorization = request.headers.authorization
        void started.respond(JSON.parse(body) as Request).then(({ status, text }) => {
          response.statusCode = status
          response.end(text)
        })
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const started = new SignerServer(server, `http://127.0.0.1:${port}/secret-path-of-the-signer`, wallet)
    return started
  }

  stop(): Promise<void> {
    return new Promise(resolve => {
      this.server.closeAllConnections()
      this.server.close(() => resolve())
    })
  }

  private async respond({ id, method, params }: Request): Promise<{ status: number; text: string }> {
    this.asked.push(method)
    const { answer, unknown = [] } = this.fault
    if (answer) return { status: answer.status, text: answer.body }
    const reply = (rest: object) => ({ status: 200, text: JSON.stringify({ jsonrpc: '2.0', id, ...rest }) })
    if (unknown.includes(method)) return reply({ error: { code: -32601, message: 'Method not found' } })
    if (method === 'eth_signTransaction') return reply({ result: await this.sign(params[0] as Parameters) })
    const data = typeof params[1] === 'string' ? (JSON.parse(params[1]) as unknown) : params[1]
    return reply({ result: await this.signTyped(data as TypedPayload) })
  }

  private async sign({ from, gas, to, data, ...quantities }: Parameters): Promise<unknown> {
    if (from?.toLowerCase() !== this.wallet.address.toLowerCase()) return null
    const { chainId, nonce, value, maxFeePerGas, maxPriorityFeePerGas } = quantities
    const asked: TransactionLike = {
      ...{ type: 2, to: to!, data: data!, chainId: chainId!, value: value!, gasLimit: gas! },
      ...{ maxFeePerGas: maxFeePerGas!, maxPriorityFeePerGas: maxPriorityFeePerGas! },
      nonce: Number(nonce),
    }
    const { twist = same => same, key = this.wallet, wrapped } = this.fault
    const raw = await key.signTransaction(Transaction.from(twist(asked)))
    return wrapped ? { raw, tx: {} } : raw
  }

  private async signTyped({ domain, types, message }: TypedPayload): Promise<string> {
    const { EIP712Domain: _domain, ...own } = types
    const { key = this.wallet, personal } = this.fault
    if (personal) return key.signMessage(TypedDataEncoder.hash(domain, own, message))
    const digest = TypedDataEncoder.hash(domain, own, message)
    const { serialized } = key.signingKey.sign(digest)
    if (recoverAddress(digest, serialized) !== key.address) throw new TypeError('the server is broken')
    return serialized
  }
}

interface TypedPayload {
  domain: Record<string, string>
  types: Record<string, { name: string; type: string }[]>
  message: Record<string, unknown>
}
