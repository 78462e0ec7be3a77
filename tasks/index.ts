import './datanet'
import './epoch'
import './protocol'
import './rewards'
