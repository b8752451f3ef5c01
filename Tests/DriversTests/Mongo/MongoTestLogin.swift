import Testbed

/// A login at MongoDB's peer. The product has a type of the same name, and the testbed's module cannot be named: it has a
/// type of its own name.
typealias MongoTestLogin = Login
