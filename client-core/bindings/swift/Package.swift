// swift-tools-version:5.9
// The notebook for iPhone and Mac: `xcframework.sh` makes the library this names, beside this file.

import PackageDescription

let package = Package(
    name: "Hattama",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Hattama", targets: ["Hattama"])],
    targets: [
        // The native library with its header, for every processor: the module `HattamaFFI`.
        .binaryTarget(name: "HattamaFFI", path: "build/HattamaFFI.xcframework"),
        // The generated sources.
        .target(name: "Hattama", dependencies: ["HattamaFFI"], path: "Sources/Hattama"),
    ]
)
