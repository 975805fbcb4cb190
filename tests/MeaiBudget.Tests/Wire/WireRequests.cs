using System.Net.Http.Headers;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Requests as SDKs write them, and ways to read them.</summary>
internal static class WireRequests
{
    public const string OpenAI = "https://api.openai.com/v1/chat/completions";
    public const string Responses = "https://api.openai.com/v1/responses";
    public const string Anthropic = "https://api.anthropic.com/v1/messages";
    public const string Ollama = "http://localhost:11434/api/chat";
    public const string Gemini = "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:generateContent";

    public static WireRequest? ReadOnce(string address, byte[] body, int piece = int.MaxValue, string? contentType = "application/json", string? encoding = null)
    {
        using var reader = new WireRequestReader();
        for (int at = 0; at < body.Length; at += Math.Min(piece, body.Length - at))
        {
            reader.Write(body.AsSpan(at, Math.Min(piece, body.Length - at)));
        }

        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        return reader.ToRequest(WireRoute.Of(HttpMethod.Post, new Uri(address)), content);
    }

    /// <summary>Reads a body whole, byte by byte and in odd pieces; all give the same.</summary>
    public static WireRequest Read(string address, string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        WireRequest whole = ReadOnce(address, bytes)!;
        foreach (int piece in (int[])[1, 2, 3, 5, 64])
        {
            Assert.Equal(whole, ReadOnce(address, bytes, piece));
        }

        return whole;
    }

    public static string Chat(string more, string content = "hi") => "{\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}],\"model\":\"gpt-4.1-mini\"" + (more.Length == 0 ? "" : "," + more) + "}";
}
