/// The order in which a host's addresses are tried (RFC 8305, section 4).
package enum AddressOrder {
    /// Takes turns between the families, beginning with the first address's; within a family the order stays.
    package static func interleaved(_ addresses: [IPAddress]) -> [IPAddress] {
        guard let first = addresses.first else { return [] }
        let leading = addresses.filter { $0.isV6 == first.isV6 }
        let others = addresses.filter { $0.isV6 != first.isV6 }
        var result: [IPAddress] = []
        result.reserveCapacity(addresses.count)
        for index in 0..<max(leading.count, others.count) {
            if index < leading.count { result.append(leading[index]) }
            if index < others.count { result.append(others[index]) }
        }
        return result
    }
}
