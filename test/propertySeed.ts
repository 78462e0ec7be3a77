import fc from 'fast-check'

/**
 * Property tests draw the same cases in every run, so that what is red once is red again for whoever looks into it.
 * FAST_CHECK_SEED=$RANDOM npm test looks further.
 */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.FAST_CHECK_SEED ?? 51) })
