using System.Globalization;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Finds an Ollama server and what it has.</summary>
internal static class OllamaServer
{
    private const int UsualPort = 11434;

    /// <summary>The address that <c>OLLAMA_HOST</c> says, as Ollama's own client reads it; else Ollama's own.</summary>
    /// <remarks>Ollama's port is its own where neither a scheme nor a port is named; a server that listens everywhere is asked here.</remarks>
    public static string AddressOf(string? host)
    {
        host = host?.Trim();
        if (host is not { Length: > 0 })
        {
            return $"http://localhost:{UsualPort}";
        }

        if (host.Contains("://", StringComparison.Ordinal))
        {
            return host;
        }

        // A scheme that nobody knows has no port of its own.
        if (!Uri.TryCreate("ollama://" + (host[0] == ':' ? "localhost" + host : host), UriKind.Absolute, out Uri? named))
        {
            return "http://" + host;
        }

        string name = named.Host is "0.0.0.0" or "[::]" ? "localhost" : named.Host;
        return $"http://{name}:{(named.Port < 0 ? UsualPort : named.Port).ToString(CultureInfo.InvariantCulture)}{named.AbsolutePath.TrimEnd('/')}";
    }

    /// <summary>Gives a model that the server has; null if no server answers, or one without models.</summary>
    public static async Task<string?> FirstModelAsync(string address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            await using Stream body = await http.GetStreamAsync(new Uri(new Uri(address.TrimEnd('/') + "/"), "api/tags"), cancellationToken);
            using JsonDocument tags = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return tags.RootElement.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()).FirstOrDefault();
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or KeyNotFoundException or UriFormatException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
