using System.Text.Json;
using MeaiBudget.Tool;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class RawRequestReaderTests
{
    private const string OpenAI = """
        {"model":"gpt-4o","max_completion_tokens":300,"messages":[
          {"role":"system","content":"Be brief."},
          {"role":"user","name":"ann","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}}]},
          {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"where\": \"here\"}"}}]},
          {"role":"tool","tool_call_id":"c1","content":"a cat"}],
         "tools":[{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object","properties":{"where":{"type":"string"}}}}}],
         "tool_choice":{"type":"function","function":{"name":"look"}},
         "response_format":{"type":"json_schema","json_schema":{"name":"animal","schema":{"type":"object","properties":{"kind":{"type":"string"}}}}},
         "reasoning_effort":"low","unheard_of":{"x":[1,2]}}
        """;

    private const string Responses = """
        {"model":"gpt-5","instructions":"Be brief.","max_output_tokens":200,"previous_response_id":"resp_1","reasoning":{"effort":"high"},
         "input":[{"role":"user","content":[{"type":"input_text","text":"Hi"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]},
                  {"type":"reasoning","summary":[{"type":"summary_text","text":"thinking"}],"encrypted_content":"xyz"},
                  {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"done"},
                  {"type":"something_new","x":1}],
         "tools":[{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"web_search"}],"text":{"format":{"type":"text"}}}
        """;

    private const string Anthropic = """
        {"model":"claude-sonnet-4-5","max_tokens":1024,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],
         "thinking":{"type":"enabled","budget_tokens":2000},"tool_choice":{"type":"any"},
         "messages":[{"role":"user","content":"Hi"},
                     {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]},
                     {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"ok"}]}]}],
         "tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"type":"integer"}}}},{"type":"web_search_20250305","name":"web_search"}]}
        """;

    private const string Ollama = """
        {"model":"llama3.1:8b","options":{"num_predict":64},"format":{"type":"object","properties":{}},
         "messages":[{"role":"user","content":"Hi","images":["AAAA"]},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},{"role":"tool","content":"ok"}],
         "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}]}
        """;

    private const string Gemini = """
        {"system_instruction":{"parts":[{"text":"Be brief."}]},"generationConfig":{"maxOutputTokens":99},
         "contents":[{"role":"user","parts":[{"text":"Hi"},{"inlineData":{"mimeType":"image/png","data":"_-8"}}]},
                     {"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},
                     {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"ok"}}}]}],
         "tools":[{"functionDeclarations":[{"name":"f","description":"d"}]},{"googleSearch":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}}
        """;

    [Fact]
    public void OpenAIChat()
    {
        RawRequest request = Read(OpenAI);

        Assert.Equal((ChatApi.OpenAIChat, "gpt-4o", 4), (request.Api, request.ModelId, request.Messages.Count));
        Assert.Equal("ann", request.Messages[1].AuthorName);
        Assert.Equal("low", Assert.IsType<UriContent>(request.Messages[1].Contents[1]).AdditionalProperties!["detail"]);
        Assert.Equal("look", Assert.IsType<FunctionCallContent>(request.Messages[2].Contents.Single()).Name);
        Assert.Equal("a cat", Assert.IsType<FunctionResultContent>(request.Messages[3].Contents.Single()).Result);
        Assert.Equal("Looks.", Assert.IsAssignableFrom<AIFunctionDeclaration>(request.Options.Tools!.Single()).Description);
        Assert.Equal("look", Assert.IsType<RequiredChatToolMode>(request.Options.ToolMode).RequiredFunctionName);
        Assert.Equal("animal", Assert.IsType<ChatResponseFormatJson>(request.Options.ResponseFormat).SchemaName);
        Assert.Equal(300, request.Options.MaxOutputTokens);
    }

    [Fact]
    public void OpenAIResponses()
    {
        RawRequest request = Read(Responses);

        Assert.Equal((ChatApi.OpenAIResponses, 5), (request.Api, request.Messages.Count));
        Assert.Equal(("Be brief.", "resp_1", 200), (request.Options.Instructions, request.Options.ConversationId, request.Options.MaxOutputTokens));
        Assert.Equal(2, request.Options.Tools!.Count);
        TokenEstimateFlags flags = Estimate(request).Flags;
        Assert.True(flags.HasFlag(TokenEstimateFlags.ServerSideHistory | TokenEstimateFlags.ServerTools | TokenEstimateFlags.UnknownContent));
    }

    [Fact]
    public void AnthropicMessages()
    {
        RawRequest request = Read(Anthropic);

        Assert.Equal((ChatApi.AnthropicMessages, 4), (request.Api, request.Messages.Count));
        Assert.Equal(ChatRole.System, request.Messages[0].Role);
        Assert.IsType<TextReasoningContent>(request.Messages[2].Contents[0]);
        Assert.Equal("ok", Assert.IsType<FunctionResultContent>(request.Messages[3].Contents.Single()).Result);
        Assert.True(Estimate(request).Flags.HasFlag(TokenEstimateFlags.ServerTools));
    }

    [Fact]
    public void OllamaChat()
    {
        RawRequest request = Read(Ollama);

        Assert.Equal((ChatApi.Ollama, 64, 3), (request.Api, request.Options.MaxOutputTokens, request.Messages.Count));
        Assert.IsType<DataContent>(request.Messages[0].Contents[1]);
        Assert.Equal("f", Assert.IsType<FunctionCallContent>(request.Messages[1].Contents[^1]).Name);
    }

    [Fact]
    public void GeminiContent()
    {
        RawRequest request = Read(Gemini);

        Assert.Equal((ChatApi.Gemini, 99, 4), (request.Api, request.Options.MaxOutputTokens, request.Messages.Count));
        Assert.Equal(2, Assert.IsType<DataContent>(request.Messages[1].Contents[1]).Data.Length);
        Assert.Equal(2, request.Options.Tools!.Count);
    }

    [Theory]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"prediction":{"type":"content","content":"ho"}}""", "RawRequest")]
    [InlineData("""{"model":"gpt-5.6","input":[{"role":"user","content":"hi"},{"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"f"}]}]}""", "UnknownContent")]
    public void WhatNoRuleCountsIsFlagged(string body, string flag)
    {
        TokenEstimate estimate = Estimate(Read(body));
        Assert.Equal(flag, estimate.Flags.ToString());
        Assert.NotEqual(TokenEstimateSource.Exact, estimate.Source);
    }

    [Fact]
    public void ForbiddenParallelCallsAreRead()
    {
        Assert.False(Read("""{"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"parallel_tool_calls":false}""").Options.AllowMultipleToolCalls);
        Assert.False(Read("""{"model":"gpt-5","input":"hi","parallel_tool_calls":false}""").Options.AllowMultipleToolCalls);
        Assert.False(Read("""{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}""").Options.AllowMultipleToolCalls);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"messages":[]}""")]
    [InlineData("""{"messages":"hi","model":"gpt-4o"}""")]
    public void WhatIsNoRequestIsRefusedWithAReason(string body) => Assert.NotEmpty(Assert.Throws<RawRequestException>(() => Read(body)).Message);

    [Fact]
    public void AnyMutationIsReadOrRefused()
    {
        var random = new System.Random(42);
        string[] replacements = ["null", "7", "\"x\"", "[]", "{}", "true", "[[[]]]", "{\"type\":\"object\"}", "-1e99"];
        ChatApi[] formats = [ChatApi.Unknown, .. RawRequestReader.Formats.Values, ChatApi.TextCompletion];
        foreach (string body in (string[])[OpenAI, Responses, Anthropic, Ollama, Gemini])
        {
            for (int round = 0; round < 300; round++)
            {
                System.Text.Json.Nodes.JsonNode node = System.Text.Json.Nodes.JsonNode.Parse(body)!;
                Mutate(node, random, replacements);
                using var document = JsonDocument.Parse(node.ToJsonString());
                try
                {
                    TokenEstimate estimate = Estimate(RawRequestReader.Read(document.RootElement, formats[random.Next(formats.Length)]));
                    Assert.True(estimate.InputUpperBound >= estimate.InputTokens);
                }
                catch (RawRequestException)
                {
                    // A clear refusal is as good.
                }
            }
        }
    }

    private static void Mutate(System.Text.Json.Nodes.JsonNode node, System.Random random, string[] replacements)
    {
        while (true)
        {
            List<(System.Text.Json.Nodes.JsonNode Parent, object Key)> places = node switch
            {
                System.Text.Json.Nodes.JsonObject container => [.. container.Select(pair => ((System.Text.Json.Nodes.JsonNode)container, (object)pair.Key))],
                System.Text.Json.Nodes.JsonArray array => [.. Enumerable.Range(0, array.Count).Select(index => ((System.Text.Json.Nodes.JsonNode)array, (object)index))],
                _ => [],
            };
            if (places.Count == 0)
            {
                return;
            }

            (System.Text.Json.Nodes.JsonNode parent, object key) = places[random.Next(places.Count)];
            System.Text.Json.Nodes.JsonNode? child = key is string name ? parent[name] : parent[(int)key];
            if (child is not (System.Text.Json.Nodes.JsonObject or System.Text.Json.Nodes.JsonArray) || random.Next(3) == 0)
            {
                var replacement = System.Text.Json.Nodes.JsonNode.Parse(replacements[random.Next(replacements.Length)]);
                if (key is string member)
                {
                    parent[member] = replacement;
                }
                else
                {
                    parent[(int)key] = replacement;
                }

                return;
            }

            node = child;
        }
    }

    [Theory]
    [InlineData("""{"model":"gpt-5","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{"name":"f","input":"PLACE"}}]},{"role":"tool","tool_call_id":"a","content":"ok"}]}""")]
    [InlineData("""{"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"custom","custom":{"name":"f","description":"PLACE"}}]}""")]
    [InlineData("""{"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"custom","custom":{"name":"f","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"PLACE"}}}}]}""")]
    [InlineData("""{"model":"gpt-5","input":"hi","tools":[{"type":"custom","name":"x","description":"d","format":{"type":"grammar","syntax":"lark","definition":"PLACE"}}]}""")]
    [InlineData("""{"model":"anthropic/claude-sonnet-4.5","messages":[{"role":"user","content":"hi"},{"role":"assistant","reasoning_details":[{"type":"reasoning.text","text":"PLACE","signature":"s"}],"content":"x"},{"role":"user","content":"hi"}]}""")]
    [InlineData("""{"model":"command-a-03-2025","messages":[{"role":"user","content":"hi"}],"documents":[{"data":{"text":"PLACE"}}]}""")]
    [InlineData("""{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":[{"type":"document","title":"t","context":"PLACE","source":{"type":"text","media_type":"text/plain","data":"x"}}]}]}""")]
    [InlineData("""{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"input_examples":[{"a":"PLACE"}]}]}""")]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"d","response":{"type":"OBJECT","description":"PLACE"}}]}]}""")]
    [InlineData("""{"model":"codellama","prompt":"hi","suffix":"PLACE","options":{}}""")]
    [InlineData("""{"model":"llama3.1","prompt":"hi","template":"PLACE {{ .Prompt }}","options":{}}""")]
    public void EveryTextOfABodyRaisesTheBound(string body)
    {
        string text = string.Join(' ', Enumerable.Range(0, 40).Select(i => "harbor" + i));

        long with = Estimate(Read(body.Replace("PLACE", text, StringComparison.Ordinal))).InputUpperBound;

        Assert.True(with >= Estimate(Read(body.Replace("PLACE", "x", StringComparison.Ordinal))).InputUpperBound + 70, $"{with}");
    }

    private static RawRequest Read(string body)
    {
        using var document = JsonDocument.Parse(body);
        return RawRequestReader.Read(document.RootElement);
    }

    private static TokenEstimate Estimate(RawRequest request) =>
        new TokenEstimator().Estimate(request.Messages, request.Options, new TokenEstimationTarget(request.ModelId ?? "gemini-2.5-pro") { Api = request.Api });
}
