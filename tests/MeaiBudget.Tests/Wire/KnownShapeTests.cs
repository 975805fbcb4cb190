using System.Reflection;
using System.Text;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>Requests and answers of a known shape are compared with it instead of scanned. What is read must not depend on that.</summary>
public class KnownShapeTests
{
    private const int Rounds = 4_000;

    private static readonly string[] Texts =
    [
        "word", "", "stop", "length", "flex", "a longer piece of a text, with a comma", "café 中\U0001F600", "\\u0061\\ud83d\\ude00\\n", "a \\\"quoted\\\" word", "back\\\\slash", "gpt-4o-\\u006dini",
        "\\\"usage\\\":{\\\"prompt_tokens\\\":9}", "{[:,]}", "x\\u0022x", "\\ud83d", "error", "true", "12", "-3", "1.5", "x\\q", "system", "USD", "data:image/png;base64,AAAA", "https://example.com/a.png", "web_search_call", new string('n', 2_000),
    ];

    private static readonly string[] Numbers = ["0", "7", "17", "-1", "1.5", "-0.5e3", "1e3", "99999999999999999999", "5000", "-", "1790000000", ".5", "+5", "e3", "..", new string('1', 80)];

    private static readonly string[] Values = ["null", "true", "false", "{}", "[]", "{\"x\":1}", "[{\"type\":\"web_search_call\"}]", "NaN", "{\"message\":\"no\"}", "[1,2", "\"text\""];

    private static readonly (WireProtocol Protocol, string Body)[] Answers =
    [
        (WireProtocol.ChatCompletions, Completion("""{"prompt_tokens":100,"completion_tokens":5000,"total_tokens":5100,"prompt_tokens_details":{"cached_tokens":64},"cost":0.5}""", more: ",\"service_tier\":\"default\",\"currency\":\"USD\"")),
        (WireProtocol.Responses, Response("completed", """{"input_tokens":100,"output_tokens":5000,"total_tokens":5100}""", items: """{"type":"web_search_call","action":{"type":"search"}},""")),
        (WireProtocol.AnthropicMessages, Message("""{"input_tokens":100,"output_tokens":5000,"server_tool_use":{"web_search_requests":2}}""")),
        (WireProtocol.OllamaChat, """{"model":"m","created_at":"2026-09-01T12:00:01Z","message":{"role":"assistant","content":"Hi"},"done":true,"done_reason":"stop","prompt_eval_count":100,"eval_count":5000}"""),
        (WireProtocol.GeminiContent, """{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":5000,"totalTokenCount":5100,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":10}]}}"""),
        (WireProtocol.Embeddings, """{"object":"list","data":[{"embedding":[0.1,0.2]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}"""),
    ];

    private static readonly (string Address, string Body)[] Requests =
    [
        (WireRequests.OpenAI, """{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}],"model":"gpt-4.1-mini","max_completion_tokens":500,"temperature":0.5,"n":2,"metadata":{"tenant":"x"}}"""),
        (WireRequests.OpenAI, """{"messages":[{"role":"user","content":[{"type":"text","text":"Hello"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}],"model":"gpt-4.1-mini","stream":false,"service_tier":"auto","prediction":{"type":"content","content":"x"}}"""),
        (WireRequests.Responses, """{"model":"gpt-5-mini","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]}],"max_output_tokens":100,"previous_response_id":"resp_1","reasoning":{"effort":"low"}}"""),
        (WireRequests.Anthropic, """{"max_tokens":100,"messages":[{"role":"user","content":[{"type":"text","text":"Hello","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],"model":"claude-haiku-4-5","system":"Be brief.","thinking":{"type":"enabled","budget_tokens":1024}}"""),
        (WireRequests.Gemini, """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{"maxOutputTokens":100}}"""),
    ];

    [Fact]
    public void AnAnswerOfAKnownShapeSaysWhatItSaysWhenItIsScanned()
    {
        Random random = new(71);
        foreach ((WireProtocol protocol, string body) in Answers)
        {
            for (int round = 0; round < Rounds; round++)
            {
                byte[] answer = Encoding.UTF8.GetBytes(Varied(random, body));
                WireAnswer whole = Read(protocol, answer);
                WireAnswer scanned = ReadInTwo(protocol, answer);
                Assert.True(whole == scanned, $"{protocol}: the whole gives {whole}, the scan gives {scanned} for {Encoding.UTF8.GetString(answer)}");
            }
        }
    }

    [Fact]
    public void ARequestOfAKnownShapeAsksWhatItAsksWhenItIsScanned()
    {
        Random random = new(72);
        foreach ((string address, string body) in Requests)
        {
            for (int round = 0; round < Rounds; round++)
            {
                byte[] request = Encoding.UTF8.GetBytes(Varied(random, body));
                WireRequest? whole = WireRequests.ReadOnce(address, request);
                WireRequest? scanned = WireRequests.ReadOnce(address, request, request.Length - 1);
                Assert.True(whole == scanned, $"{address}: the whole gives {whole}, the scan gives {scanned} for {Encoding.UTF8.GetString(request)}");
            }
        }
    }

    [Fact]
    public void AShapeIsKnownAfterItsFirstDocument()
    {
        foreach ((WireProtocol protocol, string body) in Answers)
        {
            var known = new JsonTemplates();
            Scan(known, WireAnswerShapes.For(protocol), new WireAnswerFacts(protocol), body);
            Assert.True(known.TryRead(Encoding.UTF8.GetBytes(body.Replace("\"m\"", "\"other\"", StringComparison.Ordinal).Replace("5000", "1", StringComparison.Ordinal)), new WireAnswerFacts(protocol)), body);
        }

        foreach ((_, string body) in Requests)
        {
            var known = new JsonTemplates();
            Scan(known, WireRequestShape.Root, new WireRequestFacts(), body);
            Assert.True(known.TryRead(Encoding.UTF8.GetBytes(body.Replace("Hello", "Good morning", StringComparison.Ordinal)), new WireRequestFacts()), body);
        }
    }

    [Fact]
    public void ATemplateKeepsNoValuesAndNoNamesThatAModelWroteOrReads()
    {
        var template = new JsonTemplate();
        string body = """{"messages":[{"role":"user","content":"a secret of the caller"}],"max_tokens":4711,"model":"m"}""";
        Assert.True(Fill(template, WireRequestShape.Root, new WireRequestFacts(), body));
        byte[] literals = (byte[])typeof(JsonTemplate).GetField("_literals", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(template)!;
        string kept = Encoding.UTF8.GetString(literals);
        Assert.DoesNotContain("secret", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", kept, StringComparison.Ordinal);
        Assert.Contains("max_tokens", kept, StringComparison.Ordinal);

        Assert.False(Fill(new JsonTemplate(), WireRequestShape.Root, new WireRequestFacts(), """{"messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"secret":{"type":"string"}}}}}]}"""));
        Assert.False(Fill(new JsonTemplate(), WireAnswerShapes.For(WireProtocol.AnthropicMessages), new WireAnswerFacts(WireProtocol.AnthropicMessages), """{"content":[{"type":"tool_use","name":"f","input":{"secret":"x"}}]}"""));
        Assert.False(Fill(new JsonTemplate(), WireAnswerShapes.For(WireProtocol.ChatCompletions), new WireAnswerFacts(WireProtocol.ChatCompletions), """{"error":{"message":"secret"}}"""));
    }

    [Fact]
    public void WhereEveryDocumentHasAShapeOfItsOwnFewBecomeTemplates()
    {
        var known = new JsonTemplates();
        Assert.InRange(Enumerable.Range(0, 20_000).Count(_ => known.Begin() is not null), 5, 40);
    }

    [Fact]
    public void FourShapesInTurnAreAllKnown()
    {
        var known = new JsonTemplates();
        string[] shapes = [.. ((string[])["max_tokens", "n", "thinking_budget", "max_tool_calls"]).Select(name => "{\"model\":\"m\",\"" + name + "\":1}")];
        foreach (string shape in shapes)
        {
            Scan(known, WireRequestShape.Root, new WireRequestFacts(), shape);
        }

        Assert.All(shapes, shape => Assert.True(known.TryRead(Encoding.UTF8.GetBytes(shape), new WireRequestFacts()), shape));
        Assert.False(known.TryRead("{\"model\":\"m\",\"max_tokens\":\"1\"}"u8, new WireRequestFacts()));
    }

    private static void Scan(JsonTemplates known, JsonShape root, JsonVisitor visitor, string body)
    {
        JsonTemplate template = known.Begin()!;
        Assert.NotNull(template);
        _ = Scan(template, root, visitor, body);
        known.Adopt(template, Encoding.UTF8.GetBytes(body));
    }

    private static bool Fill(JsonTemplate template, JsonShape root, JsonVisitor visitor, string body) =>
        Scan(template, root, visitor, body) && template.TryComplete(Encoding.UTF8.GetBytes(body));

    private static bool Scan(JsonTemplate template, JsonShape root, JsonVisitor visitor, string body)
    {
        var scanner = new JsonScanner(root, visitor) { Template = template };
        scanner.Feed(Encoding.UTF8.GetBytes(body));
        return scanner.IsIdle;
    }

    /// <summary>Reads an answer that ends in a second piece, so that it is scanned.</summary>
    private static WireAnswer ReadInTwo(WireProtocol protocol, byte[] body) => Read(protocol, body, piece: Math.Max(1, body.Length - 1));

    /// <summary>Puts other values in the place of some of a document's, mostly of the same kind.</summary>
    private static string Varied(Random random, string body)
    {
        var varied = new StringBuilder();
        int changes = random.Next(4);
        for (int at = 0; at < body.Length;)
        {
            int end = ValueEnd(body, at);
            if (end < 0)
            {
                varied.Append(body[at++]);
                continue;
            }

            bool isText = body[at] == '"';
            varied.Append(random.Next(6) >= changes ? body[at..end]
                : random.Next(25) == 0 ? Values[random.Next(Values.Length)]
                : isText != (random.Next(25) == 0) ? "\"" + Texts[random.Next(Texts.Length)] + "\""
                : Numbers[random.Next(Numbers.Length)]);
            at = end;
        }

        return random.Next(30) == 0 ? varied.Append(" \n").ToString() : varied.ToString();
    }

    /// <summary>Where a string or number that is a value ends; -1 if none begins here.</summary>
    private static int ValueEnd(string body, int at)
    {
        if (body[at] == '"' && (at == 0 || body[at - 1] is ':' or '[' or ','))
        {
            int end = body.IndexOf('"', at + 1) + 1;
            return end < body.Length && body[end] == ':' ? -1 : end;
        }

        if (!char.IsAsciiDigit(body[at]) || body[at - 1] is not (':' or '[' or ','))
        {
            return -1;
        }

        while (at < body.Length && (char.IsAsciiDigit(body[at]) || body[at] == '.'))
        {
            at++;
        }

        return at;
    }
}
