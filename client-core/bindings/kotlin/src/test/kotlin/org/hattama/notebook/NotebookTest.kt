package org.hattama.notebook

import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpResponse.BodyHandlers
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.system.measureTimeMillis
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.net.http.HttpRequest as JavaRequest

private const val GRACE_MS = 2_000L

private fun protocol(valid: ULong = 954u) = Draft.Protocol(
    ProtocolDraft(
        unit = "101",
        form = "protocol",
        copy = "certified",
        lines = mapOf("registered" to 1200uL, "found" to 960uL, "invalid" to 6uL, "valid" to valid),
        contests = mapOf("president" to mapOf("saffron" to 500uL, "indigo" to null)),
    ),
)

/** The app's own way to headquarters, with an airplane mode; also one that throws or hangs. */
private class Network : HttpTransport {
    private val client = HttpClient.newHttpClient()
    val taken = AtomicInteger()

    @Volatile var up = true

    @Volatile var throws: Exception? = null

    @Volatile var silentMs = 0L

    override fun execute(request: HttpRequest): HttpResponse {
        taken.incrementAndGet()
        throws?.let { throw it }
        Thread.sleep(silentMs)
        if (!up) throw TransportFailure.Unreachable("airplane mode")
        val asked = JavaRequest.newBuilder(URI(request.url))
            .method(request.method, JavaRequest.BodyPublishers.ofByteArray(request.body))
        request.headers.forEach { (name, value) -> asked.header(name, value) }
        try {
            val answer = client.send(asked.build(), BodyHandlers.ofByteArray())
            val headers = answer.headers().map().mapValues { it.value.first() }
            return HttpResponse(answer.statusCode().toUShort(), headers, answer.body())
        } catch (broken: IOException) {
            throw TransportFailure.Broken("$broken")
        }
    }
}

/** Writes down what it hears, and throws if it is told to. */
private class Ear(private val throws: Boolean = false) : NotebookEvents {
    val heard = CopyOnWriteArrayList<String>()
    val acked = CountDownLatch(1)

    override fun outboxChanged(summary: OutboxSummary) {
        if (summary.acked > 0u) acked.countDown()
        hear("outbox")
    }

    override fun feed(item: FeedItem) = hear("feed")

    override fun alarm(alarm: Alarm) = hear(alarm.code)

    private fun hear(what: String) {
        heard += what
        if (throws) throw IllegalStateException("the app throws on purpose")
    }
}

private class Vault(private val waitMs: Long = 0, private val throws: Exception? = null) : KeyVault {
    override fun wrap(plain: ByteArray) = flipped(plain)

    override fun unwrap(wrapped: ByteArray) = flipped(wrapped)

    private fun flipped(content: ByteArray): ByteArray {
        throws?.let { throw it }
        Thread.sleep(waitMs)
        return ByteArray(content.size) { (content[it].toInt() xor 0x5a).toByte() }
    }
}

class NotebookTest {
    @TempDir lateinit var scratch: Path

    private val open = mutableListOf<Notebook>()

    private fun notebook(
        vault: KeyVault? = null,
        events: NotebookEvents? = null,
        transport: HttpTransport? = null,
        name: String = "notebook",
    ): Notebook {
        val folder = "${scratch.resolve(name)}"
        val config = NotebookConfig(folder, "test", "1", election = "tiny-exercise")
        return Notebook.open(config, vault, events, transport).also { open += it }
    }

    private fun enrolled(events: NotebookEvents? = null, transport: HttpTransport? = null): Notebook {
        assumeTrue(Headquarters.program != null, "no `hattama` to serve; name it in HATTAMA_PROGRAM")
        return notebook(events = events, transport = transport).also { it.enrol(headquarters.invite()) }
    }

    @AfterEach
    fun end() = open.forEach { it.end() }

    @Test
    fun `an observer enrols, captures with photographs and gets receipts`() = runBlocking {
        val flow = EventFlow()
        val notebook = enrolled(events = flow)
        assertEquals("tiny-exercise", notebook.io { enrolment() }!!.election)
        val capture = notebook.beginCapture(protocol(valid = 950u))
        capture.addPhoto(picture(scratch.resolve("1.jpg"), 1), 1u)
        capture.addPhoto(picture(scratch.resolve("2.jpg"), 2), 2u)
        assertEquals(956uL, capture.lookOver().findings.first { it.left != null }.right)
        val made = capture.commitOnIo()
        val heard = launch(Dispatchers.Default) {
            flow.events.first { it is NotebookEvent.OutboxChanged && it.summary.acked == 1u }
        }
        val report = notebook.sync(PumpBudget(byUser = true))
        assertEquals(1u to PumpEnd.DONE, report.stored to report.end, "$report")
        assertEquals(6u, report.photosComplete, "originals, previews and thumbnails")
        assertTrue(notebook.recordReceipt(made.record)!!.startsWith("c2sp.org/tlog-proof@v1"))
        assertNotNull(notebook.photoReceipt(made.photos[0]))
        assertTrue(made.record in headquarters.records())
        withTimeout(10_000) { heard.join() }
    }

    @Test
    fun `airplane mode is trouble in the report and nothing is lost`() {
        val network = Network()
        val notebook = enrolled(transport = network)
        network.up = false
        val made = notebook.beginCapture(protocol()).commit()
        assertTrue(notebook.pump(PumpBudget(byUser = true)).trouble is Trouble.Network)
        assertEquals(RecordProgress.QUEUED, notebook.get(made.record).progress)
        network.up = true
        notebook.networkChanged()
        assertEquals(1u, notebook.pump(PumpBudget(byUser = true)).stored)
        assertEquals(RecordProgress.ACKED, notebook.get(made.record).progress)
    }

    @Test
    fun `a network that throws is trouble and the next sync works`() {
        val network = Network()
        val notebook = enrolled(transport = network)
        notebook.beginCapture(protocol()).commit()
        for (thrown in listOf(RuntimeException("on purpose"), TransportFailure.TimedOut())) {
            network.throws = thrown
            val report = notebook.pump(PumpBudget(byUser = true))
            assertNotNull(report.trouble, "$thrown")
            assertEquals(0u, report.stored)
        }
        network.throws = null
        notebook.networkChanged()
        assertEquals(1u, notebook.pump(PumpBudget(byUser = true)).stored)
    }

    @Test
    fun `cancelling a coroutine interrupts its sync`() = runBlocking {
        val network = Network()
        val notebook = enrolled(transport = network)
        notebook.beginCapture(protocol()).commitOnIo()
        network.silentMs = 8_000
        val before = network.taken.get()
        val syncing = launch(Dispatchers.Default) { notebook.sync(PumpBudget(byUser = true)) }
        while (network.taken.get() == before) Thread.sleep(5)
        assertThrows(NotebookException.Busy::class.java) { notebook.pump(PumpBudget()) }
        notebook.beginCapture(protocol(953u)).commitOnIo()
        val tookMs = measureTimeMillis { syncing.cancelAndJoin() }
        assertTrue(tookMs < GRACE_MS, "$tookMs ms")
        network.silentMs = 0
        assertEquals(2u, notebook.sync(PumpBudget(byUser = true)).stored)
    }

    @Test
    fun `a pump keeps to its budget`() {
        val network = Network()
        val notebook = enrolled(transport = network)
        notebook.beginCapture(protocol()).commit()
        network.silentMs = 8_000
        val tookMs = measureTimeMillis {
            val report = notebook.pump(PumpBudget(msMax = 700u, byUser = true))
            assertEquals(PumpEnd.BUDGET, report.end)
        }
        assertTrue(tookMs < 700 + GRACE_MS, "$tookMs ms")
    }

    @Test
    fun `events that throw are counted and change nothing`() {
        val ear = Ear(throws = true)
        val notebook = enrolled(events = ear)
        notebook.beginCapture(protocol()).commit()
        assertEquals(1u, notebook.pump(PumpBudget(byUser = true)).stored)
        assertTrue(ear.acked.await(10, TimeUnit.SECONDS), "${ear.heard}")
        val failed = generateSequence {
            Thread.sleep(20)
            Regex("\"failed\":(\\d+)").find(notebook.diagnostics())!!.groupValues[1].toInt()
        }
        // What is heard may grow while the count is asked for.
        assertNotNull(failed.take(200).firstOrNull { it == ear.heard.size }, "${ear.heard}")
    }

    @Test
    fun `a slow vault delays the opening and nothing else`() {
        val openingMs = measureTimeMillis { notebook(vault = Vault(waitMs = 400)) }
        assertTrue(openingMs > 700, "wrapped, and unwrapped to be sure: $openingMs ms")
        val notebook = open.last()
        val restMs = measureTimeMillis {
            notebook.beginCapture(protocol()).commit()
            notebook.pause()
            notebook.resume()
        }
        assertTrue(restMs < 2_000, "$restMs ms")
    }

    @Test
    fun `a vault that throws costs no key`() {
        val kids = notebook(vault = Vault()).run { keys().map { it.kid }.also { end() } }
        for (thrown in listOf(RuntimeException("on purpose"), VaultFailure.Locked("no finger"))) {
            assertThrows(NotebookException.Keys::class.java) { notebook(vault = Vault(throws = thrown)) }
        }
        assertEquals(kids, notebook(vault = Vault()).keys().map { it.kid })
    }

    @Test
    fun `a second opening is busy until the first has ended`() {
        val first = notebook()
        assertThrows(NotebookException.Busy::class.java) { notebook() }
        first.end()
        assertThrows(NotebookException.Paused::class.java) { first.outbox() }
        assertTrue(notebook().list(0u, 10u).isEmpty())
    }

    @Test
    fun `after a pause under load no file of the notebook is open`() {
        val descriptors = Path.of("/proc/self/fd")
        assumeTrue(Files.isDirectory(descriptors), "no /proc here")
        val notebook = notebook()
        val photo = picture(scratch.resolve("1.jpg"), 3)
        val load = List(3) {
            thread {
                try {
                    while (true) notebook.beginCapture(protocol()).apply { addPhoto(photo, 1u) }.commit()
                } catch (paused: NotebookException.Paused) {
                    // As it should be.
                }
            }
        }
        Thread.sleep(300)
        notebook.pause()
        val mine = Files.list(descriptors).use { all ->
            all.toList().mapNotNull { runCatching { Files.readSymbolicLink(it) }.getOrNull() }
                .filter { it.startsWith(scratch.resolve("notebook")) }
        }
        assertEquals(emptyList<Path>(), mine)
        load.forEach { it.join() }
        notebook.resume()
        assertTrue(notebook.list(0u, 1u).isNotEmpty())
    }

    @Test
    fun `garbage collection during calls is harmless`() {
        val notebook = enrolled(events = Ear(), transport = Network())
        val stop = CountDownLatch(1)
        val collector = thread { while (!stop.await(5, TimeUnit.MILLISECONDS)) System.gc() }
        try {
            repeat(10) { notebook.beginCapture(protocol(900uL + it.toULong())).commit() }
            repeat(50) { notebook.beginCapture(protocol()) }
            assertEquals(10u, notebook.pump(PumpBudget(byUser = true)).stored)
        } finally {
            stop.countDown()
            collector.join()
        }
    }

    companion object {
        private val served = lazy { Headquarters() }
        private val headquarters by served

        @AfterAll
        @JvmStatic
        fun stop() {
            if (served.isInitialized()) headquarters.close()
        }
    }
}
