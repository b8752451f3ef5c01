print("wellhead")
