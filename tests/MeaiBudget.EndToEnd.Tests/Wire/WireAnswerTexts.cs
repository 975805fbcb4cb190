using System.Globalization;

namespace MeaiBudget.Tests;

/// <summary>Answers as the providers write them, whole and streamed.</summary>
internal static class WireAnswerTexts
{
    public static HttpResponseMessage Chat(
        bool streaming, string model = "gpt-4.1-mini", long input = 20, long output = 10, string finish = "\"stop\"", string text = "Hello.", string? tier = null, string? usage = null, string extra = "")
    {
        usage ??= string.Create(CultureInfo.InvariantCulture, $$"""{"prompt_tokens":{{input}},"completion_tokens":{{output}},"total_tokens":{{input + output}}}""");
        string named = tier is null ? "" : $",\"service_tier\":\"{tier}\"";
        string head = $"\"id\":\"c1\",\"created\":1790000000,\"model\":\"{model}\"{named}";
        return streaming
            ? CannedHandler.Response(200, $$"""
                data: {{{head}},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"{{text}}"{{extra}}},"finish_reason":null}]}

                data: {{{head}},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":{{finish}} }]}

                data: {{{head}},"object":"chat.completion.chunk","choices":[],"usage":{{usage}}}

                data: [DONE]


                """, "text/event-stream")
            : CannedHandler.Response(200, $$"""
                {{{head}},"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"{{text}}"{{extra}}},"finish_reason":{{finish}}}],"usage":{{usage}}}
                """);
    }

    public static HttpResponseMessage Responses(bool streaming, string status = "completed", long input = 20, long output = 10, string extra = "", string before = "")
    {
        string response = string.Create(CultureInfo.InvariantCulture, $$"""
            {"id":"resp_1","object":"response","created_at":1790000000,"model":"gpt-5-mini","status":"{{status}}"{{extra}},"output":[{{before}}{"type":"message","id":"msg_1","role":"assistant","status":"{{(status == "completed" ? "completed" : "incomplete")}}","content":[{"type":"output_text","text":"Hello.","annotations":[]}]}],"usage":{"input_tokens":{{input}},"input_tokens_details":{"cached_tokens":0},"output_tokens":{{output}},"output_tokens_details":{"reasoning_tokens":0},"total_tokens":{{input + output}} } }
            """);
        return streaming
            ? CannedHandler.Response(200, $$"""
                event: response.created
                data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1790000000,"model":"gpt-5-mini","status":"in_progress","output":[]} }

                event: response.output_text.delta
                data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hello."}

                event: response.{{status}}
                data: {"type":"response.{{status}}","sequence_number":2,"response":{{response}}}


                """, "text/event-stream")
            : CannedHandler.Response(200, response);
    }

    public static HttpResponseMessage Anthropic(bool streaming, long input = 20, long output = 10, string? usage = null) => streaming
        ? CannedHandler.Response(200, string.Create(CultureInfo.InvariantCulture, $$"""
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":{{input}},"output_tokens":1} } }

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""} }

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello."} }

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{{usage ?? $"{{\"output_tokens\":{output} }}"}} }

            event: message_stop
            data: {"type":"message_stop"}


            """), "text/event-stream")
        : CannedHandler.Response(200, string.Create(CultureInfo.InvariantCulture, $$"""
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Hello."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{usage ?? $"{{\"input_tokens\":{input},\"output_tokens\":{output} }}"}} }
            """));

    public static HttpResponseMessage Ollama(bool streaming, long input = 20, long output = 10) => CannedHandler.Response(
        200,
        (streaming ? """{"model":"llama3.2","created_at":"2026-11-01T00:00:00Z","message":{"role":"assistant","content":"Hello."},"done":false}""" + "\n" : "")
        + string.Create(CultureInfo.InvariantCulture, $$"""{"model":"llama3.2","created_at":"2026-11-01T00:00:00Z","message":{"role":"assistant","content":"{{(streaming ? "" : "Hello.")}}"},"done_reason":"stop","done":true,"prompt_eval_count":{{input}},"eval_count":{{output}} }""") + "\n",
        streaming ? "application/x-ndjson" : "application/json");
}
