using System.Globalization;
using System.Reflection;
using System.Text;
using CsCheck;
using Microsoft.Extensions.AI;
using static MeaiBudget.Tests.WireRequests;

namespace MeaiBudget.Tests;

/// <summary>What requests ask, in every spelling.</summary>
public class WireRequestTests
{
    [Theory]
    [InlineData(OpenAI, """{"messages":[{"role":"user","content":"hi"}],"model":"m","max_tokens":5000}""", 5000L)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max_completion_tokens":5000,"max_tokens":100}""", 5000L)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max_completion_tokens":null}""", null)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max_completion_tokens":5000.0}""", 5000L)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max_completion_tokens":5e3}""", 5000L)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max_completion_tokens":"5000"}""", 5000L)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max_tokens":10,"max_tokens":5000,"max_tokens":20}""", 5000L)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max\u005ftokens":5000}""", 5000L)]
    [InlineData(OpenAI, """{"messages":[],"model":"m","max_tokens":99999999999999999999}""", long.MaxValue)]
    [InlineData(Responses, """{"input":"hi","model":"m","max_output_tokens":32000}""", 32000L)]
    [InlineData(Anthropic, """{"max_tokens":5000,"messages":[],"model":"m"}""", 5000L)]
    [InlineData(Ollama, """{"model":"m","messages":[],"options":{"num_predict":60000}}""", 60000L)]
    [InlineData(Ollama, """{"model":"m","messages":[],"options":{"num_predict":-1}}""", null)]
    [InlineData(Ollama, """{"model":"m","messages":[],"options":{"num_predict":50,"num_predict":-2}}""", null)]
    [InlineData(Gemini, """{"contents":[],"generationConfig":{"maxOutputTokens":700}}""", 700L)]
    [InlineData(Gemini, """{"contents":[],"generation_config":{"max_output_tokens":700}}""", 700L)]
    public void K1_TheOutputLimitIsReadInEverySpelling(string address, string body, long? expected)
    {
        WireRequest request = Read(address, body);
        Assert.Equal(expected, request.OutputLimit);
        Assert.True(request.IsReadable);
    }

    [Fact]
    public void K1_ALimitInsideContentDoesNotCount()
    {
        const string Body = """
            {"messages":[{"role":"user","content":"{\"max_tokens\":9999}","max_tokens":8888},{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"max_tokens\":1}"}}]}],
             "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"max_tokens":{"type":"integer","maximum":7777},"model":{"type":"string"},"n":{"const":9}}}}}],
             "metadata":{"max_tokens":"6666","service_tier":"priority","model":"x"},"max_tokens":50,"model":"m"}
            """;
        WireRequest request = Read(OpenAI, Body);
        Assert.Equal((50L, "m", 1L, (string?)null, 2), (request.OutputLimit, request.ModelId, request.AnswerCount, request.ServiceTier, request.MessageCount));
        Assert.True(request.IsReadable);
        Assert.Equal(WireServerTools.None, request.ServerTools);
    }

    [Theory]
    [InlineData(OpenAI, """{"messages":[],"model":"m","n":3}""", 3L)]
    [InlineData("https://h/v1/completions", """{"prompt":"hi","model":"m","n":2,"best_of":5}""", 5L)]
    [InlineData("https://h/v1/completions", """{"prompt":["a","b","c"],"model":"m","n":2}""", 6L)]
    [InlineData("https://h/v1/completions", """{"prompt":[1,2,3],"model":"m"}""", 1L)]
    [InlineData("https://h/v1/completions", """{"prompt":[[1,2],[3]],"model":"m"}""", 2L)]
    [InlineData(Gemini, """{"contents":[],"generationConfig":{"candidateCount":4}}""", 4L)]
    public void K2_TheNumberOfAnswersIsRead(string address, string body, long expected) => Assert.Equal(expected, Read(address, body).AnswerCount);

    [Theory]
    [InlineData(OpenAI, """{"model":"gpt-5-pro"}""", "gpt-5-pro")]
    [InlineData("https://r.openai.azure.com/openai/deployments/prod%20chat/chat/completions?api-version=2024-10-21", """{"model":"other"}""", "prod chat")]
    [InlineData("https://r.openai.azure.com/openai/v1/responses", """{"model":"gpt-5"}""", "gpt-5")]
    [InlineData("https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke", "{}", "us.anthropic.claude-haiku-4-5-20251001-v1:0")]
    [InlineData("https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict", "{}", "claude-sonnet-4-5@20250929")]
    [InlineData(Gemini, "{}", "gemini-3-pro")]
    public void K3_TheModelIsThePathsOrTheBodys(string address, string body, string expected) => Assert.Equal(expected, Read(address, body).ModelId);

    [Fact]
    public void K3_TwoModelsAreNotGuessedBetween()
    {
        Assert.False(Read(OpenAI, """{"model":"cheap","messages":[],"model":"dear"}""").IsReadable);
        Assert.True(Read(OpenAI, """{"model":"same","messages":[],"model":"same"}""").IsReadable);
        Assert.Equal(WireRequestProblems.ConflictingModels, Read("https://openrouter.ai/api/v1/chat/completions", """{"model":"a","models":["a","b"],"messages":[]}""").Problems);
    }

    [Theory]
    [InlineData(OpenAI, """{"model":"m","service_tier":"priority"}""", "priority")]
    [InlineData(OpenAI, """{"model":"m","service_tier":"priority","service_tier":"flex"}""", "priority")]
    [InlineData(OpenAI, """{"model":"m","service_tier":"flex","service_tier":"default"}""", "default")]
    [InlineData(Anthropic, """{"model":"m","service_tier":"auto","speed":"fast"}""", "fast")]
    [InlineData(Gemini, """{"contents":[],"serviceTier":"flex"}""", "flex")]
    [InlineData(OpenAI, """{"model":"m","service_tier":null}""", null)]
    public void K4_TheServiceTierIsRead(string address, string body, string? expected) => Assert.Equal(expected, Read(address, body).ServiceTier);

    [Theory]
    [InlineData("""{"model":"m","input":"hi","previous_response_id":"resp_1"}""", "resp_1", null)]
    [InlineData("""{"model":"m","input":"hi","conversation":"conv_1"}""", null, "conv_1")]
    [InlineData("""{"model":"m","input":"hi","conversation":{"id":"conv_1"}}""", null, "conv_1")]
    [InlineData("""{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}""", null, null)]
    [InlineData("""{"model":"m","input":[{"id":"msg_1"}]}""", null, null)]
    [InlineData("""{"model":"m","prompt":{"id":"pmpt_1","variables":{"a":"b"}}}""", null, null)]
    [InlineData("""{"cachedContent":"cachedContents/1","contents":[]}""", null, null)]
    public void K6_StoredHistoryIsSeen(string body, string? response, string? conversation)
    {
        WireRequest request = Read(Responses, body);
        Assert.Equal((true, response, conversation), (request.HasStoredHistory, request.PreviousResponseId, request.ConversationId));
        Assert.False(Read(Responses, """{"model":"m","input":"hi","previous_response_id":null,"conversation":null,"store":false}""").HasStoredHistory);
        Assert.False(Read(Responses, """{"model":"m","input":[{"id":"msg_1","role":"user","content":"hi"},{"id":"fc_1","type":"function_call","name":"f"}]}""").HasStoredHistory);
    }

    [Theory]
    [InlineData(Responses, """{"tools":[{"type":"web_search"}]}""", (int)WireServerTools.WebSearch)]
    [InlineData(Responses, """{"tools":[{"type":"web_search_preview_2025_03_11","search_context_size":"high"},{"type":"file_search","vector_store_ids":["v"]}]}""", (int)(WireServerTools.WebSearch | WireServerTools.FileSearch))]
    [InlineData(Responses, """{"tools":[{"type":"code_interpreter","container":{"type":"auto"}},{"type":"image_generation"},{"type":"computer_use_preview"},{"type":"mcp","server_url":"https://x"}]}""", (int)(WireServerTools.CodeExecution | WireServerTools.ImageGeneration | WireServerTools.Computer | WireServerTools.RemoteTools))]
    [InlineData(OpenAI, """{"model":"m","web_search_options":{}}""", (int)WireServerTools.WebSearch)]
    [InlineData(OpenAI, """{"model":"m","web_search_options":null}""", (int)WireServerTools.None)]
    [InlineData(Anthropic, """{"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":5},{"type":"code_execution_20250522"},{"name":"f","input_schema":{"type":"web_search"}},{"type":"bash_20250124"}]}""", (int)(WireServerTools.WebSearch | WireServerTools.CodeExecution))]
    [InlineData(Gemini, """{"contents":[],"tools":[{"googleSearch":{}},{"code_execution":{}},{"urlContext":{}},{"functionDeclarations":[{"name":"googleSearch"}]}]}""", (int)(WireServerTools.WebSearch | WireServerTools.CodeExecution | WireServerTools.WebFetch))]
    [InlineData(OpenAI, """{"plugins":[{"id":"web"}],"search_parameters":{"mode":"auto"}}""", (int)WireServerTools.WebSearch)]
    [InlineData(Responses, """{"tools":[{"type":"teleport"}]}""", (int)WireServerTools.Unknown)]
    public void K6_ServerToolsAreSeen(string address, string body, int expected) => Assert.Equal((WireServerTools)expected, Read(address, body).ServerTools);

    [Fact]
    public void K6_InstructionsAndInputAreText()
    {
        WireRequest request = Read(Responses, """{"model":"m","instructions":"12345","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"123"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]},{"type":"function_call_output","call_id":"c","output":"1234"}],"something_new":"1234567"}""");
        Assert.Equal((5 + 3 + 4 + "something_new".Length + 7L, 2, 1), (request.TextBytes, request.MessageCount, request.MediaParts));
        Assert.Equal("data:image/png;base64,AAAA".Length, request.MediaBytes);
    }

    [Theory]
    [InlineData(Anthropic, """{"thinking":{"type":"enabled","budget_tokens":16384}}""", 16384L)]
    [InlineData(Gemini, """{"generationConfig":{"thinkingConfig":{"thinkingBudget":2048}}}""", 2048L)]
    [InlineData(Gemini, """{"generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}}""", null)]
    [InlineData(OpenAI, """{"reasoning":{"max_tokens":900}}""", 900L)]
    [InlineData(OpenAI, """{"extra_body":{"google":{"thinking_config":{"thinking_budget":700}}}}""", 700L)]
    [InlineData(OpenAI, """{"enable_thinking":true,"thinking_budget":600}""", 600L)]
    [InlineData(OpenAI, """{"thinking":{"type":"enabled","token_budget":500}}""", 500L)]
    [InlineData(OpenAI, """{"chat_template_kwargs":{"thinking_budget":400}}""", 400L)]
    public void K8_TheThinkingBudgetIsRead(string address, string body, long? expected) => Assert.Equal(expected, Read(address, body).ThinkingBudget);

    [Theory]
    [InlineData(OpenAI, """{"reasoning_effort":"high"}""", ReasoningEffort.High)]
    [InlineData(OpenAI, """{"reasoning_effort":"minimal"}""", ReasoningEffort.Low)]
    [InlineData(OpenAI, """{"reasoning_effort":"none"}""", ReasoningEffort.None)]
    [InlineData(OpenAI, """{"reasoning_effort":"xhigh"}""", ReasoningEffort.ExtraHigh)]
    [InlineData(Responses, """{"reasoning":{"effort":"medium","summary":"auto"}}""", ReasoningEffort.Medium)]
    [InlineData(Anthropic, """{"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}}""", ReasoningEffort.High)]
    [InlineData(Anthropic, """{"thinking":{"type":"disabled"}}""", ReasoningEffort.None)]
    [InlineData(Ollama, """{"model":"m","think":true}""", ReasoningEffort.High)]
    [InlineData(Ollama, """{"model":"m","think":"medium"}""", ReasoningEffort.Medium)]
    [InlineData(Ollama, """{"model":"m","think":false}""", ReasoningEffort.None)]
    [InlineData(Gemini, """{"generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}}}""", ReasoningEffort.Low)]
    [InlineData(Gemini, """{"generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}}""", ReasoningEffort.High)]
    [InlineData(OpenAI, """{"extra_body":{"google":{"thinking_config":{"thinking_level":"high"}}}}""", ReasoningEffort.High)]
    [InlineData(OpenAI, """{"reasoning":{"enabled":true}}""", ReasoningEffort.High)]
    [InlineData(OpenAI, """{"enable_thinking":false}""", ReasoningEffort.None)]
    [InlineData(OpenAI, """{"chat_template_kwargs":{"enable_thinking":true}}""", ReasoningEffort.High)]
    [InlineData(OpenAI, """{"thinking":{"type":"enabled"}}""", ReasoningEffort.High)]
    [InlineData(OpenAI, """{"prompt_mode":"reasoning"}""", ReasoningEffort.High)]
    [InlineData(OpenAI, """{"tools":[{"type":"function","function":{"name":"f","parameters":{"think":true}}}],"messages":[{"role":"user","content":"think"}]}""", null)]
    public void K8_TheEffortIsRead(string address, string body, ReasoningEffort? expected) => Assert.Equal(expected, Read(address, body).Effort);

    [Theory]
    [InlineData(Anthropic, """{"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":[{"type":"text","text":"y","cache_control":{"type":"ephemeral"}}]}]}""", 60)]
    [InlineData(Anthropic, """{"tools":[{"name":"f","cache_control":{"type":"ephemeral"}}]}""", 5)]
    [InlineData(Anthropic, """{"messages":[{"role":"user","content":"cache_control"}]}""", 0)]
    [InlineData(OpenAI, """{"prompt_cache_retention":"24h"}""", 1440)]
    [InlineData(OpenAI, """{"prompt_cache_retention":"in_memory"}""", 0)]
    public void K10_CacheLifetimesAreRead(string address, string body, int minutes) =>
        Assert.Equal(minutes == 0 ? null : TimeSpan.FromMinutes(minutes), Read(address, body).CacheLifetime);

    [Fact]
    public void SettingsOfTheAnswerAreRead()
    {
        WireRequest request = Read(Responses, """{"model":"m","input":"hi","stream":true,"store":false,"background":true,"max_tool_calls":3,"modalities":["text","audio"],"audio":{"voice":"a"}}""");
        Assert.True(request is { IsStreaming: true, Store: false, IsBackground: true, ServerToolCallLimit: 3, AsksForAudio: true, AsksForImages: false });
        Assert.True(Read(Gemini, """{"generationConfig":{"responseModalities":["TEXT","IMAGE"]}}""").AsksForImages);
        Assert.True(Read(Ollama, """{"model":"m"}""").IsStreaming);
        Assert.False(Read(Ollama, """{"model":"m","stream":false}""").IsStreaming);
        Assert.True(Read(Gemini.Replace("generateContent", "streamGenerateContent", StringComparison.Ordinal), "{}").IsStreaming);
    }

    [Fact]
    public void TextIsMeasuredWithoutEscapes()
    {
        const string Text = "a\"b\\c\nd/ \u00e9\u4e2d \U0001F600+<";
        string escaped = System.Text.Json.JsonSerializer.Serialize(Text);
        WireRequest request = Read(OpenAI, "{\"messages\":[{\"role\":\"user\",\"content\":" + escaped + "}],\"model\":\"m\"}");
        Assert.Equal(Encoding.UTF8.GetByteCount(Text), request.TextBytes);
        Assert.Equal("messagesroleusercontentmodel".Length, request.FramingBytes);
    }

    [Theory]
    [InlineData(OpenAI, """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"high"}},{"type":"input_audio","input_audio":{"data":"AAAAAA","format":"wav"}},{"type":"file","file":{"file_data":"data:application/pdf;base64,AA"}},{"type":"image_url","image_url":{"url":"https://a/b.png"}}]}]}""", 4, 26 + 6 + 30)]
    [InlineData(Anthropic, """{"messages":[{"role":"user","content":[{"type":"image","source":{"data":"AAAA","type":"base64","media_type":"image/png"}},{"type":"document","source":{"type":"url","url":"https://a"}}]}]}""", 2, 4)]
    [InlineData(Ollama, """{"messages":[{"role":"user","content":"hi","images":["AAAA","AA"]}]}""", 2, 6)]
    [InlineData(Gemini, """{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"file_data":{"file_uri":"gs://a"}}]}]}""", 2, 4)]
    public void MediaIsCountedApart(string address, string body, int parts, long bytes)
    {
        WireRequest request = Read(address, body);
        Assert.Equal((parts, bytes), (request.MediaParts, request.MediaBytes));
        Assert.InRange(request.TextBytes, 0, 2);
    }

    [Fact]
    public void ATextDocumentIsText()
    {
        WireRequest request = Read(Anthropic, """{"messages":[{"role":"user","content":[{"type":"document","source":{"data":"12345","type":"text","media_type":"text/plain"}},{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"123"}]}]}]}""");
        Assert.Equal((8L, 0), (request.TextBytes, request.MediaParts));
    }

    [Fact]
    public void EmbeddingsAreCounted()
    {
        WireRequest texts = Read("https://api.openai.com/v1/embeddings", """{"input":["abc","de"],"model":"text-embedding-3-small","dimensions":256}""");
        Assert.Equal((WireProtocol.Embeddings, 5L, 2), (texts.Protocol, texts.TextBytes, texts.MessageCount));
        Assert.Equal(3, Read("https://api.openai.com/v1/embeddings", """{"input":[[1,2],[3]],"model":"m"}""").TokenIds);
        Assert.Equal(3, Read("http://localhost:11434/api/embed", """{"input":"abc","model":"m"}""").TextBytes);
    }

    [Theory]
    [InlineData("POST", OpenAI, (int)WireProtocol.ChatCompletions)]
    [InlineData("POST", "https://openrouter.ai/api/v1/chat/completions", (int)WireProtocol.ChatCompletions)]
    [InlineData("POST", "https://api.cohere.com/v2/chat", (int)WireProtocol.ChatCompletions)]
    [InlineData("POST", Responses, (int)WireProtocol.Responses)]
    [InlineData("POST", "https://api.openai.com/v1/responses/compact", (int)WireProtocol.Responses)]
    [InlineData("POST", "https://api.openai.com/v1/completions", (int)WireProtocol.Completions)]
    [InlineData("POST", "https://r.openai.azure.com/openai/deployments/d/embeddings", (int)WireProtocol.Embeddings)]
    [InlineData("POST", Anthropic, (int)WireProtocol.AnthropicMessages)]
    [InlineData("POST", "https://r.services.ai.azure.com/anthropic/v1/messages", (int)WireProtocol.AnthropicMessages)]
    [InlineData("POST", "https://h/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict", (int)WireProtocol.AnthropicMessages)]
    [InlineData("POST", "https://h/model/m/invoke-with-response-stream", (int)WireProtocol.AnthropicMessages)]
    [InlineData("POST", Ollama, (int)WireProtocol.OllamaChat)]
    [InlineData("POST", "http://localhost:11434/api/generate", (int)WireProtocol.OllamaChat)]
    [InlineData("POST", "http://localhost:11434/api/embed", (int)WireProtocol.OllamaEmbeddings)]
    [InlineData("POST", Gemini, (int)WireProtocol.GeminiContent)]
    [InlineData("POST", "https://g/v1beta/models/gemini-embedding-001:embedContent", (int)WireProtocol.GeminiEmbeddings)]
    [InlineData("GET", "https://api.openai.com/v1/responses/resp_1?stream=true", (int)WireProtocol.Responses)]
    [InlineData("GET", "https://api.openai.com/v1/models", (int)WireProtocol.None)]
    [InlineData("POST", "https://api.anthropic.com/v1/messages/count_tokens", (int)WireProtocol.None)]
    [InlineData("POST", "https://api.anthropic.com/v1/messages/batches", (int)WireProtocol.None)]
    [InlineData("POST", "https://api.openai.com/v1/responses/input_tokens", (int)WireProtocol.None)]
    [InlineData("POST", "https://api.openai.com/v1/responses/resp_1/cancel", (int)WireProtocol.None)]
    [InlineData("POST", "https://g/v1beta/models/gemini-3-pro:countTokens", (int)WireProtocol.None)]
    [InlineData("POST", "https://h/v1/publishers/anthropic/models/count-tokens:rawPredict", (int)WireProtocol.None)]
    [InlineData("POST", "https://login.microsoftonline.com/t/oauth2/v2.0/token", (int)WireProtocol.None)]
    [InlineData("POST", "http://localhost:11434/api/show", (int)WireProtocol.None)]
    public void TheProtocolIsThePaths(string method, string address, int expected) => Assert.Equal((WireProtocol)expected, WireRoute.Of(new HttpMethod(method), new Uri(address)).Protocol);

    [Fact]
    public void AnUnknownPathIsReadByItsBody()
    {
        Assert.Equal(WireProtocol.ChatCompletions, Read("https://gateway/ask", Chat("\"max_tokens\":7")).Protocol);
        Assert.Equal(WireProtocol.GeminiContent, Read("https://gateway/ask", """{"contents":[{"parts":[{"text":"x"}]}]}""").Protocol);
        Assert.Equal(WireProtocol.AnthropicMessages, Read("https://gateway/ask", """{"anthropic_version":"bedrock-2023-05-31","messages":[{"role":"user","content":"x"}]}""").Protocol);
        Assert.Null(ReadOnce("https://gateway/ask", Encoding.UTF8.GetBytes("""{"query":"x"}""")));
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[}""", (int)WireRequestProblems.InvalidJson)]
    [InlineData("""{"model":"m","messages":[],}""", (int)WireRequestProblems.InvalidJson)]
    [InlineData("""{"model":"m","messages":[]""", (int)WireRequestProblems.InvalidJson)]
    [InlineData("""{'model':'m'}""", (int)WireRequestProblems.InvalidJson)]
    [InlineData("""{"model":"m","max_tokens":NaN}""", (int)WireRequestProblems.InvalidJson)]
    [InlineData("""[{"model":"m"}]""", (int)WireRequestProblems.InvalidJson)]
    [InlineData("model=m", (int)WireRequestProblems.InvalidJson)]
    [InlineData("", (int)WireRequestProblems.NoBody)]
    [InlineData("""{"model":"m","max_tokens":"lots"}""", (int)WireRequestProblems.UnreadableNumber)]
    public void WhatCannotBeReadIsSaid(string body, int expected) => Assert.Equal((WireRequestProblems)expected, Read(OpenAI, body).Problems);

    [Fact]
    public void OddBodiesAreSaid()
    {
        byte[] body = Encoding.UTF8.GetBytes(Chat(""));
        Assert.Equal(WireRequestProblems.ContentEncoding, ReadOnce(OpenAI, body, encoding: "gzip")!.Problems);
        Assert.Equal(WireRequestProblems.ContentType, ReadOnce(OpenAI, body, contentType: "text/plain")!.Problems);
        Assert.Equal(WireRequestProblems.None, ReadOnce(OpenAI, body, contentType: null)!.Problems);
        Assert.Equal(WireRequestProblems.None, ReadOnce(OpenAI, [0xEF, 0xBB, 0xBF, .. body])!.Problems);
        Assert.Equal(WireRequestProblems.InvalidJson, ReadOnce(OpenAI, Encoding.Unicode.GetBytes(Chat("")))!.Problems);
        Assert.Equal(WireRequestProblems.TooDeep, Read(OpenAI, "{\"messages\":" + new string('[', 5000)).Problems);
        WireRequest longName = Read(OpenAI, "{\"" + new string('n', 100_000) + "\":1,\"max_tokens\":5,\"model\":\"" + new string('m', 100_000) + "\"}");
        Assert.Equal((5L, 256, true), (longName.OutputLimit, longName.ModelId!.Length, longName.IsReadable));
    }

    [Fact]
    public void MemoryIsFlatHoweverLongTheBody()
    {
        byte[] start = Encoding.UTF8.GetBytes("{\"messages\":[{\"role\":\"user\",\"content\":\"");
        byte[] block = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("text with \\n and \\u00e9 ", 3000)));
        using var reader = new WireRequestReader();
        reader.Write(start);
        reader.Write(block);
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int count = 0; count < 40; count++)
            {
                reader.Write(block);
            }

            // A collection on another thread may count the rest of this thread's allocation context as allocated.
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void RandomBytesNeverThrow() =>
        Gen.Select(Gen.Char["{}[]\",:\\undtrue0-1.e \nmodelx"].Array[0, 200], Gen.Int[1, 20]).Sample(
            (characters, piece) => ReadOnce(OpenAI, Encoding.UTF8.GetBytes(new string(characters)), piece) is not null,
            iter: 2000);

    [Fact]
    public void WhatARequestLeavesBehindDoesNotReachTheNext()
    {
        WireRequest expected = Read(OpenAI, Chat("\"max_tokens\":7"));
        Gen.Char["{}[]\",:\\undtrue0-1.e \nmodelx"].Array[0, 200].Sample(
            characters =>
            {
                using (var reader = new WireRequestReader())
                {
                    reader.Write(Encoding.UTF8.GetBytes(new string(characters)));
                    reader.ToRequest(WireRoute.Of(HttpMethod.Post, new Uri(OpenAI)), null);
                    reader.Dispose();
                }

                return ReadOnce(OpenAI, Encoding.UTF8.GetBytes(Chat("\"max_tokens\":7"))) == expected;
            },
            iter: 1000,
            threads: 1);
    }

    [Fact]
    public void ACollectorThatIsUsedAgainHasForgottenEverything()
    {
        FieldInfo[] fields = typeof(WireRequestFacts).GetFields(BindingFlags.Instance | BindingFlags.NonPublic);
        var used = new WireRequestFacts();
        var fresh = new WireRequestFacts();
        foreach (FieldInfo field in fields)
        {
            Type type = Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType;
            field.SetValue(used, type switch
            {
                _ when type == typeof(string) => "text",
                _ when type == typeof(bool) => true,
                _ when type == typeof(TimeSpan) => TimeSpan.FromDays(7),
                { IsEnum: true } => Enum.ToObject(type, 77),
                _ => Convert.ChangeType(7, type, CultureInfo.InvariantCulture),
            });
            Assert.NotEqual(field.GetValue(fresh), field.GetValue(used));
        }

        used.Return();
        Assert.All(fields, field => Assert.Equal(field.GetValue(fresh), field.GetValue(used)));
        Assert.Same(used, WireRequestFacts.Rent());
    }

    [Fact]
    public void NothingIsWrittenAfterTheRequestWasRead()
    {
        var reader = new WireRequestReader();
        reader.Write("{}"u8);
        reader.ToRequest(WireRoute.Of(HttpMethod.Post, new Uri(OpenAI)), null);
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.Write("{}"u8));
    }

    [Theory]
    [InlineData("application/json", "application/json")]
    [InlineData("application/json; charset=utf-8", "application/json")]
    [InlineData("application/json;charset=us-ascii", "application/json")]
    [InlineData("text/event-stream; charset=UTF-8", "text/event-stream")]
    [InlineData("no type", null)]
    [InlineData(null, null)]
    public void AMediaTypeHasNoParameters(string? written, string? expected)
    {
        using var content = new ByteArrayContent([]);
        if (written is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", written);
        }

        Assert.Equal(expected, WireHeaders.MediaTypeOf(content.Headers));
    }

    [Fact]
    public void AnySplitGivesTheSameFacts()
    {
        byte[] body = Encoding.UTF8.GetBytes(Chat("\"tools\":[{\"type\":\"web_search\"}],\"max_completion_tokens\":4096,\"service_tier\":\"priority\",\"n\":2,\"stream\":true", "caf\\u00e9 \\ud83d\\ude00 \\\"x\\\""));
        WireRequest whole = ReadOnce(OpenAI, body)!;
        Assert.Equal((4096L, 2L, true), (whole.OutputLimit, whole.AnswerCount, whole.IsReadable));
        Gen.Int[1, 40].Array[1, 20].Sample(
            pieces =>
            {
                using var reader = new WireRequestReader();
                int at = 0;
                for (int index = 0; at < body.Length; index++)
                {
                    int length = Math.Min(pieces[index % pieces.Length], body.Length - at);
                    reader.Write(body.AsSpan(at, length));
                    at += length;
                }

                return reader.ToRequest(WireRoute.Of(HttpMethod.Post, new Uri(OpenAI)), null) == whole;
            },
            iter: 500);
    }
}
