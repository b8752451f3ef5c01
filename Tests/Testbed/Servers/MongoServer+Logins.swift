extension MongoServer {
    /// The logins of every instance.
    package enum Logins {
        /// Reads in ``MongoServer/database``: the ordinary one.
        package static let reader = Login("reader", "reader pass")
        /// Reads there, and is known by the older mechanism alone.
        package static let older = Login("older", "older pass")
        /// Reads and writes there.
        package static let writer = Login("writer", "writer pass")
        /// May do everything.
        package static let superuser = Login("chief", "chief pass")
        /// Is known by a client certificate alone.
        package static let certificate = Login("CN=mutual,O=Wellhead Testbed", "")
        /// Blanks, quotes, a backslash and non-ASCII in name and password; SASLprep does not allow an emoji.
        package static let exotic = Login(
            Login.exotic.username, String(Login.exotic.password.unicodeScalars.filter { $0.value < 0x1_0000 }))

        static var commands: [(database: String, command: String)] {
            [
                ("admin", user(superuser, "root", on: "admin")), ("admin", user(reader, "read")),
                ("admin", user(older, "read", mechanism: "SCRAM-SHA-1")), ("admin", user(writer, "readWrite")),
                ("admin", user(exotic, "read")), ("$external", user(certificate, "read", mechanism: "MONGODB-X509")),
            ]
        }

        private static func user(
            _ login: Login, _ role: String, on database: String = MongoServer.database, mechanism: String? = nil
        ) -> String {
            var fields: [String] = ["\"createUser\": \(literal(login.username))"]
            if !login.password.isEmpty { fields.append("\"pwd\": \(literal(login.password))") }
            fields.append("\"roles\": [{\"role\": \"\(role)\", \"db\": \"\(database)\"}]")
            if let mechanism { fields.append("\"mechanisms\": [\"\(mechanism)\"]") }
            return "{\(fields.joined(separator: ", "))}"
        }

        private static func literal(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
    }

    /// What every instance holds.
    package enum Samples {
        /// A document with every type that a server of today stores, by its field's name; pymongo wrote it.
        package static let values = """
            {"_id": {"$oid": "56e1fc72e0c917e9c4714161"}, "double": 1.5, "nan": {"$numberDouble": "NaN"}, \
            "string": "é\\"\\n😀", "object": {"a": {"$numberLong": "9007199254740993"}, "b": [1, "x", null]}, \
            "array": [{"$date": "2024-02-29T23:59:59.5Z"}, {"$numberDecimal": "1.50"}], \
            "bytes": {"$binary": {"base64": "AAEC", "subType": "00"}}, \
            "uuid": {"$binary": {"base64": "c//SZESzTGmQ6OfR38A11A==", "subType": "04"}}, \
            "flag": true, "date": {"$date": "2024-02-29T23:59:59.5Z"}, "ancient": {"$date": {"$numberLong": "-62000000000000"}}, \
            "nothing": null, "regex": {"$regularExpression": {"pattern": "a+", "options": "i"}}, "int": 7, \
            "timestamp": {"$timestamp": {"t": 5, "i": 6}}, "long": {"$numberLong": "9007199254740993"}, \
            "decimal": {"$numberDecimal": "123456789012345678901234567890.1234"}, "min": {"$minKey": 1}, "max": {"$maxKey": 1}}
            """

        static var commands: [(database: String, command: String)] {
            let orders = (1...100).map { number in
                let city = number % 10 == 0 ? "" : ", \"city\": \"Ulm\""
                let id = "{\"$oid\": \"\(String(repeating: "0", count: 21))\(100 + number)\"}"
                return "{\"_id\": \(id), \"number\": \(number), "
                    + "\"total\": {\"$numberDecimal\": \"\(number).50\"}\(city), "
                    + "\"lines\": [{\"sku\": \"a\(number % 7)\", \"count\": \(number % 3)}]}"
            }
            return [
                (database, "{\"insert\": \"orders\", \"documents\": [\(orders.joined(separator: ", "))]}"),
                (
                    database,
                    #"{"createIndexes": "orders", "indexes": ["#
                        + #"{"key": {"number": 1}, "name": "by_number", "unique": true}, "#
                        + #"{"key": {"city": 1, "total": -1}, "name": "by_city"}]}"#
                ),
                (database, #"{"insert": "values", "documents": ["# + values + "]}"),
                (
                    database,
                    #"{"create": "big_orders", "viewOn": "orders", "pipeline": [{"$match": {"number": {"$gt": 50}}}]}"#
                ),
                ("private", #"{"insert": "secrets", "documents": [{"a": 1}]}"#),
            ]
        }
    }
}
