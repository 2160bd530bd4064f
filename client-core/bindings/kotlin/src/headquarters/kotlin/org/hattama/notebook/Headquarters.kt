package org.hattama.notebook

import java.awt.Color
import java.awt.image.BufferedImage
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import javax.imageio.ImageIO

/** A real headquarters: `hattama serve` on a folder of its own. */
class Headquarters : AutoCloseable {
    private val scratch: Path = Files.createTempDirectory("headquarters")
    private val environment = mutableMapOf<String, String>()
    private val process: Process

    init {
        val (folder, token) = scratch.resolve("hq") to scratch.resolve("token")
        run(
            "init", "--folder", "$folder", "--setup", "$SET_UP",
            "--listen", "127.0.0.1:0", "--token-file", "$token",
        )
        // How full this machine's disk is, is not what is tested.
        val settings = folder.resolve("hattama.toml")
        val full = Regex("(?m)^disk_full_percent = \\d+$")
        Files.writeString(settings, Files.readString(settings).replace(full, "disk_full_percent = 100"))
        environment["HATTAMA_TOKEN"] = Files.readString(token).trim()
        process = builder("serve", "--folder", "$folder")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
        val address = process.inputStream.bufferedReader().readLine().trim().substringAfterLast(' ')
        check(address.startsWith("http")) { address }
        environment["HATTAMA_SERVER"] = address
    }

    /** An invitation for one observer at precinct 101. */
    fun invite(): String {
        val said = run("invite", "--label", "A", "--org", "o", "--unit", "101", "--json")
        return Regex("HATTAMA1\\.[A-Za-z0-9_-]+\\.[0-9a-f]+").find(said)!!.value
    }

    /** What the command says of all records. */
    fun records(): String = run("records", "--json")

    override fun close() {
        process.destroy()
        process.waitFor(60, TimeUnit.SECONDS)
        scratch.toFile().deleteRecursively()
    }

    private fun run(vararg arguments: String): String {
        val ran = builder(*arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val said = ran.inputStream.bufferedReader().readText()
        check(ran.waitFor() == 0) { "${arguments.toList()}: $said" }
        return said
    }

    private fun builder(vararg arguments: String): ProcessBuilder {
        val builder = ProcessBuilder(listOf(program!!) + arguments)
        builder.environment().keys.removeIf { it.startsWith("HATTAMA_") }
        builder.environment().putAll(environment)
        return builder
    }

    companion object {
        private const val TINY = "tests/fixtures/tiny-setup"

        // Maven runs tests in the folder of their module.
        private val ROOT: Path = generateSequence(Path.of("").toAbsolutePath()) { it.parent }
            .first { Files.isDirectory(it.resolve(TINY)) }
        private val SET_UP: Path = ROOT.resolve(TINY)

        /** The program, if there is one to start. */
        val program: String? = listOfNotNull(
            System.getenv("HATTAMA_PROGRAM"),
            "$ROOT/target/debug/hattama",
        ).firstOrNull { Files.isRegularFile(Path.of(it)) }
    }
}

/** A picture as a camera might take it, only smaller. */
fun picture(path: Path, seed: Int): String {
    val image = BufferedImage(900, 1200, BufferedImage.TYPE_INT_RGB)
    for (y in 0 until image.height) {
        for (x in 0 until image.width) {
            val ink = (x / 30 + y / 50 + seed) % 7 == 0
            image.setRGB(x, y, (if (ink) Color(20, 20, 60 + seed) else Color(236, 232, 220)).rgb)
        }
    }
    ImageIO.write(image, "jpg", path.toFile())
    return "$path"
}
