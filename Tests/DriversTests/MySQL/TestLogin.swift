import Testbed

// The Testbed's login, under a name that does not collide with the model's.
typealias MySQLTestLogin = Login
