/** The chain and the InferencePayments contract that vouchers are made out to. */
export interface PaymentsDomain {
  chainId: bigint
  payments: string
}
