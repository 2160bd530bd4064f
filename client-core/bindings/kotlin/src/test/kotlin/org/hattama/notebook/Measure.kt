package org.hattama.notebook

import java.nio.file.Files
import java.nio.file.Path

/** A vault that answers as fast as hardware does, and hides nothing. */
private object Flip : KeyVault {
    private fun flip(bytes: ByteArray) = ByteArray(bytes.size) { (bytes[it].toInt() xor 0x5A).toByte() }
    override fun wrap(plain: ByteArray) = flip(plain)
    override fun unwrap(wrapped: ByteArray) = flip(wrapped)
}

/**
 * What a capture costs through Kotlin, for `bench phone`: takes commands from standard input, as
 * `client-core/examples/measure.rs` does, and answers each with one number.
 */
object Measure {
    private lateinit var where: Pair<String, Boolean>
    private lateinit var notebook: Notebook

    private fun open(): Notebook = Notebook.open(
        NotebookConfig(
            where.first,
            appName = "measure",
            appVersion = "1",
            election = "measured",
            encryptAtRest = where.second,
        ),
        vault = if (where.second) Flip else null,
        events = null,
        transport = null,
    )

    private fun micros(work: () -> Unit): Long {
        val begun = System.nanoTime()
        work()
        return (System.nanoTime() - begun) / 1000
    }

    private fun commit(photo: String) {
        val lines = mapOf<String, ULong?>("found" to 960uL, "valid" to 954uL, "invalid" to 6uL)
        val draft = ProtocolDraft(unit = "101", form = "protocol", copy = "certified", lines = lines)
        val capture = notebook.beginCapture(Draft.Protocol(draft))
        capture.addPhoto(photo, 1u)
        capture.commit()
    }

    /** In bytes; 0 where the system does not say. */
    private fun peak(): Long {
        val status = Path.of("/proc/self/status")
        val line = if (Files.exists(status)) {
            Files.readAllLines(status).firstOrNull { it.startsWith("VmHWM:") }
        } else {
            null
        }
        return line?.filter(Char::isDigit)?.toLong()?.times(1024) ?: 0
    }

    @JvmStatic
    fun main(arguments: Array<String>) {
        for (line in generateSequence(::readLine)) {
            val words = line.split(' ')
            val answer = when (words.first()) {
                "notebook" -> {
                    where = words[1] to (words[2] == "encrypted")
                    notebook = open()
                    0L
                }
                "commit" -> micros { commit(words[1]) }
                "open" -> {
                    notebook.end()
                    micros { notebook = open() }
                }
                "peak" -> peak()
                else -> error("unknown: $line")
            }
            println(answer)
        }
    }
}
