import MongoWire
import SourceModel

/// Refuses, before anything is sent, what writes, what runs JavaScript at the server and what is the server's own: at
/// whatever depth it stands, for stages stand within stages and operators within operators.
enum MongoGuard {
    /// Stages that write.
    private static let writing: Set<String> = ["$out", "$merge"]
    /// How the names of what the server keeps for itself begin; some of these run JavaScript or write.
    private static let reserved = "$_internal"
    /// Operators that run JavaScript, and values that are JavaScript.
    private static let scripting: Set<String> = ["$where", "$function", "$accumulator", "$code", "$scope"]

    /// - Throws: `statement_writes` or `statement_refused`, of the stage `query`.
    static func check(_ node: JSONNode) throws(SourceFailure) {
        switch node {
        case .object(let members):
            for member in members {
                if writing.contains(member.name) {
                    throw SourceFailure(
                        .query, .statementWrites, "The stage \(member.name) writes, so the command was not sent.",
                        hint: "Leave \(member.name) out; Wellhead changes nothing in a data source.")
                }
                if scripting.contains(member.name) {
                    throw MongoCommand.refused(
                        "\(member.name) runs JavaScript at the server, so the command was not sent.",
                        hint: "Write it with operators, such as $expr.")
                }
                if member.name.utf8.starts(with: reserved.utf8) {
                    throw MongoCommand.refused(
                        "\(member.name.prefix(64)) is the server's own, so the command was not sent.",
                        hint: "Leave it out; write it with documented stages and operators.")
                }
                try check(member.value)
            }
        case .array(let nodes): for node in nodes { try check(node) }
        case .string, .number, .boolean, .null: break
        }
    }
}
