import Testbed

/// Who logs in at a server of the testbed. The model has a `Login` as well, which this file does not see.
typealias TestbedLogin = Login
