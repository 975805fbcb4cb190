using System.Text;
using CsCheck;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>How answers are cut into documents, and what is odd or hostile about it.</summary>
public class WireFramingTests
{
    private const string Usage = """{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}""";
    private static readonly string Plain = Chunk(Hello) + Chunk(There) + Chunk("{}", "\"stop\"") + UsageChunk(Usage) + Done;

    public static TheoryData<string, string> Framings() => new()
    {
        { "comments", ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" + Plain.Replace("\n\n", "\n\n: keep-alive\n\n", StringComparison.Ordinal) },
        { "CRLF", Plain.Replace("\n", "\r\n", StringComparison.Ordinal) },
        { "CR", Plain.Replace("\n", "\r", StringComparison.Ordinal) },
        { "byte order mark", "\uFEFF" + Plain },
        { "no space", Plain.Replace("data: ", "data:", StringComparison.Ordinal) },
        { "no [DONE]", Plain.Replace(Done, "", StringComparison.Ordinal) },
        { "last event not ended", Plain.Replace(Done, "", StringComparison.Ordinal).TrimEnd('\n') },
        { "other fields", Plain.Replace("data: ", "event: message\nid: 7\nretry: 3000\ndata: ", StringComparison.Ordinal) },
        { "data of several lines", Plain.Replace("\"choices\":", "\ndata: \"choices\":", StringComparison.Ordinal) },
        { "[DONE] twice", Plain + Done },
        { "empty data", Plain.Replace("\n\n", "\n\ndata:\n\n", StringComparison.Ordinal) },
        { "no empty lines", Plain.Replace("\n\n", "\n", StringComparison.Ordinal) },
        { "empty lines first", "\n\n\n" + Plain },
        { "a broken event", Plain.Replace(Chunk(There), Chunk(There) + "data: {\"choices\":[{]}\n\n", StringComparison.Ordinal) },
        { "an event without its end", Plain.Replace(Chunk(There), Chunk(There) + "data: {\"choices\":[{\"delta\":\n\n", StringComparison.Ordinal) },
    };

    [Theory]
    [MemberData(nameof(Framings))]
    public void EventsAreReadHoweverTheyAreFramed(string name, string body)
    {
        foreach (string type in (string[])["text/event-stream", "Text/Event-Stream", "application/json", "text/plain"])
        {
            WireAnswer answer = ReadAll(WireProtocol.ChatCompletions, body, type, isStreamed: true);
            Assert.True(answer is { FinishReason: "stop", IsComplete: true, TextBytes: 13 }, name);
            Assert.Equal("1000/0/0/0/200/0", answer.Tokens());
        }
    }

    [Fact]
    public void JsonIsReadWhateverItsLabel()
    {
        foreach (string? type in (string?[])["application/json", "text/event-stream", "application/x-ndjson", "text/plain", null])
        {
            Assert.Equal("1000/0/0/0/200/0", Read(WireProtocol.ChatCompletions, "\uFEFF \r\n" + Completion(Usage), type!).Tokens());
        }
    }

    [Fact]
    public void PrettyJsonLabelledAsLinesIsRead()
    {
        string body = Completion(Usage).Replace("{", "{\n  ", StringComparison.Ordinal).Replace(",", ",\n  ", StringComparison.Ordinal);
        Assert.Equal("1000/0/0/0/200/0", ReadAll(WireProtocol.ChatCompletions, body, "application/x-ndjson").Tokens());
    }

    [Fact]
    public void FactsAreThereBeforeTheEnd()
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        reader.Feed(Encoding.UTF8.GetBytes(Plain.Replace(Done, "", StringComparison.Ordinal)));
        Assert.Equal("1000/0/0/0/200/0", reader.ToAnswer().Tokens());
        Assert.False(reader.ToAnswer().IsComplete);
        reader.Feed(Encoding.UTF8.GetBytes(Done));
        Assert.True(reader.ToAnswer().IsComplete);
    }

    [Fact]
    public void ABodyThatIsLeftKeepsItsFacts()
    {
        byte[] begun = Encoding.UTF8.GetBytes(Plain.Replace(Done, "", StringComparison.Ordinal));
        var left = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        left.Feed(begun);
        WireAnswer before = left.ToAnswer();
        left.Close();
        var next = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        next.Feed(Encoding.UTF8.GetBytes(Chunk("{\"content\":\"another\"}")));
        left.Feed(Encoding.UTF8.GetBytes(Done));
        left.End();
        Assert.Equal(before, left.ToAnswer());
        Assert.False(left.ToAnswer().IsComplete);
        Assert.Equal(7, next.ToAnswer().TextBytes);
    }

    [Fact]
    public void ABodyThatIsLeftGivesItsMemoryBack()
    {
        byte[] begun = Encoding.UTF8.GetBytes(Plain);
        Read();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 20; round++)
        {
            Read();
        }

        // The buffers of lines and events have 4 KB each.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 20, 0, 4000);

        void Read()
        {
            var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
            for (int at = 0; at < begun.Length; at += 50)
            {
                reader.Feed(begun.AsSpan(at, Math.Min(50, begun.Length - at)));
            }

            reader.Close();
        }
    }

    [Fact]
    public void AnySplitGivesTheSameFacts()
    {
        string text = string.Concat(Enumerable.Range(0, 40).Select(number => Chunk("{\"content\":\"line " + number + "\\n \\\"quoted\\\" caf\\u00e9 \\ud83d\\ude00 \u4e2d\"}", more: ",\"obfuscation\":\"" + new string('x', number % 7) + "\"")));
        string chat = Chunk(Hello) + text + Chunk("{}", "\"stop\"", Usage) + UsageChunk(Usage) + Done;
        string items = string.Concat(Enumerable.Range(0, 20).Select(number => Event("response.output_text.delta", "{\"type\":\"response.output_text.delta\",\"sequence_number\":" + number + ",\"delta\":\"part " + number + "\",\"obfuscation\":\"ab\"}")));
        (WireProtocol, string)[] bodies =
        [
            (WireProtocol.ChatCompletions, chat),
            (WireProtocol.ChatCompletions, chat.Replace("\n", "\r\n", StringComparison.Ordinal)),
            (WireProtocol.Responses, ResponseStream("response.completed", Response("completed", """{"input_tokens":10,"output_tokens":5}"""), items)),
            (WireProtocol.AnthropicMessages, Messages("""{"input_tokens":25,"output_tokens":1}""", """{"output_tokens":15}""")),
            (WireProtocol.ChatCompletions, Completion(Usage)),
        ];
        foreach ((WireProtocol protocol, string body) in bodies)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            WireAnswer whole = Read(protocol, bytes, "text/event-stream", true);
            Assert.NotNull(whole.Usage);
            Gen.Int[1, 200].Array[1, 40].Sample(
                pieces =>
                {
                    var reader = new WireAnswerReader(protocol, "text/event-stream", true, WireLimits.Default);
                    int at = 0;
                    for (int index = 0; at < bytes.Length; index++)
                    {
                        int length = Math.Min(pieces[index % pieces.Length], bytes.Length - at);
                        reader.Feed(bytes.AsSpan(at, length));
                        at += length;
                    }

                    reader.End();
                    return reader.ToAnswer() == whole;
                },
                iter: 300);
        }

        Assert.Equal(Enumerable.Range(0, 40).Sum(number => Encoding.UTF8.GetByteCount($"line {number}\n \"quoted\" caf\u00e9 \U0001F600 \u4e2d")) + 4, Read(WireProtocol.ChatCompletions, chat, "text/event-stream", true).TextBytes);
    }

    [Fact]
    public void RandomBytesNeverThrow() =>
        Gen.Select(Gen.Char["{}[]\",:\\undtrue0-1.e \n\rdata: "].Array[0, 300], Gen.Int[1, 50]).Sample(
            (characters, piece) =>
            {
                foreach (WireProtocol protocol in Enum.GetValues<WireProtocol>())
                {
                    foreach (string type in (string[])["application/json", "text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream"])
                    {
                        Read(protocol, new string(characters), type, true, piece);
                    }
                }
            },
            iter: 500);

    [Fact]
    public void Q3_AnEndlessLineIsGivenUpAndTakesNoMemory()
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        reader.Feed("data: {\"x\":\""u8);
        byte[] block = Encoding.UTF8.GetBytes(new string('x', 64 * 1024));
        long before = GC.GetAllocatedBytesForCurrentThread();
        WireLimitException? failure = null;
        long fed = 0;
        while (failure is null)
        {
            try
            {
                reader.Feed(block);
                fed += block.Length;
            }
            catch (WireLimitException exception)
            {
                failure = exception;
            }
        }

        Assert.Equal(WireLimit.Event, failure.Limit);
        Assert.InRange(fed, 7 * 1024 * 1024, 8 * 1024 * 1024);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/html")]
    public void Q3_ALongBodyIsGivenUp(string type)
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, type, false, new WireLimits { LongestBody = 1_000_000 });
        byte[] block = Encoding.UTF8.GetBytes(new string(' ', 500) + "{\"a\":\"" + new string('x', 999));
        WireLimitException failure = Assert.Throws<WireLimitException>(() =>
        {
            for (int count = 0; count < 10_000; count++)
            {
                reader.Feed(block);
            }
        });
        Assert.Equal(WireLimit.Body, failure.Limit);
    }

    [Theory]
    [InlineData("{\"choices\":")]
    [InlineData("data: {\"error\":")]
    public void DeepNestingIsNoMatter(string start)
    {
        WireAnswer answer = ReadAll(WireProtocol.ChatCompletions, start + new string('[', 20_000), "text/event-stream", true);
        Assert.True(answer.Flags.HasFlag(WireFlags.Malformed));
        Assert.Null(answer.Usage);
    }

    [Fact]
    public void PagesAndCompressedBytesAreUnreadable()
    {
        Assert.True(ReadAll(WireProtocol.ChatCompletions, "<html><body>error</body></html>", "text/html").Flags.HasFlag(WireFlags.Unreadable));
        Assert.Null(ReadAll(WireProtocol.ChatCompletions, "").Usage);
    }

    [Fact]
    public void PingsAreNoProgress()
    {
        var reader = new WireAnswerReader(WireProtocol.AnthropicMessages, "text/event-stream", true, WireLimits.Default);
        for (int count = 0; count < 5; count++)
        {
            reader.Feed(": ping\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n"u8);
        }

        Assert.Equal(0, reader.Progress);
        reader.Feed(Encoding.UTF8.GetBytes(Event("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}""")));
        Assert.True(reader.Progress > 0);
    }

    [Fact]
    public void AmazonsEventStreamIsRead()
    {
        byte[] body =
        [
            .. Frame(Wrapped("""{"type":"message_start","message":{"id":"msg_1","model":"claude","usage":{"input_tokens":25,"output_tokens":1}}}""")),
            .. Frame(Wrapped("""{"type":"content_block_delta","delta":{"type":"text_delta","text":"Good morning."}}""")),
            .. Frame(Wrapped("""{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}""")),
            .. Frame(Wrapped("""{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":25,"outputTokenCount":15}}""")),
        ];
        foreach (int piece in (int[])[1, 3, 100, int.MaxValue])
        {
            WireAnswer answer = Read(WireProtocol.AnthropicMessages, body, "application/vnd.amazon.eventstream", true, piece);
            Assert.Equal(("25/0/0/0/15/0", "end_turn", 13L, true), (answer.Tokens(), answer.FinishReason, answer.TextBytes, answer.IsComplete));
        }

        byte[] converse =
        [
            .. Frame("""{"contentBlockIndex":0,"delta":{"text":"Good morning."}}"""),
            .. Frame("""{"stopReason":"end_turn"}"""),
            .. Frame("""{"metrics":{"latencyMs":9},"usage":{"inputTokens":25,"outputTokens":15,"totalTokens":40,"cacheReadInputTokens":5}}"""),
        ];
        Assert.Equal("30/5/0/0/15/0", Read(WireProtocol.AnthropicMessages, converse, "application/vnd.amazon.eventstream", true).Tokens());
    }

    private static string Wrapped(string json) => "{\"bytes\":\"" + Convert.ToBase64String(Encoding.UTF8.GetBytes(json)) + "\",\"p\":\"abc\"}";

    private static byte[] Frame(string payload)
    {
        byte[] headers = [1, (byte)'a', 7, 0, 1, (byte)'b'];
        byte[] body = Encoding.UTF8.GetBytes(payload);
        int total = 12 + headers.Length + body.Length + 4;
        return [.. BigEndian(total), .. BigEndian(headers.Length), 0, 0, 0, 0, .. headers, .. body, 0, 0, 0, 0];
    }

    private static byte[] BigEndian(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
}
