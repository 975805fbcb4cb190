using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>A headless Chromium, spoken to by its own protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private int _id;

    private Browser(Process process, string profile)
    {
        _process = process;
        _profile = profile;
    }

    public static string? Path => Array.Find(Paths, File.Exists);

    public static async Task<Browser> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(Path is null, "Chromium is not installed: apt-get install chromium.");
        string profile = Directory.CreateTempSubdirectory("meaibudget-chromium-").FullName;
        var start = new ProcessStartInfo(Path!)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage",
                "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "--window-size=1180,900", $"--user-data-dir={profile}", "about:blank",
            },
        };
        var browser = new Browser(Process.Start(start)!, profile);
        browser._process.ErrorDataReceived += (_, _) => { };
        browser._process.BeginErrorReadLine();
        browser._process.BeginOutputReadLine();
        string portFile = System.IO.Path.Combine(profile, "DevToolsActivePort");
        string[] lines = [];
        while (lines.Length < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            lines = File.Exists(portFile) ? await File.ReadAllLinesAsync(portFile, cancellationToken) : [];
        }

        using var http = new HttpClient();
        using HttpResponseMessage response = await http.PutAsync(new Uri($"http://127.0.0.1:{lines[0]}/json/new?{address}"), null, cancellationToken);
        using var target = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        await browser._socket.ConnectAsync(new Uri(target.RootElement.GetProperty("webSocketDebuggerUrl").GetString()!), cancellationToken);
        return browser;
    }

    public async Task<string> EvaluateAsync(string expression, CancellationToken cancellationToken)
    {
        JsonElement result;
        while ((result = await SendAsync("Runtime.evaluate", new { expression, returnByValue = true }, cancellationToken)).ValueKind == JsonValueKind.Undefined)
        {
            // While a page is replaced by the next one, there is no context to evaluate in.
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }

        return result.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value.ToString() : "";
    }

    /// <summary>Opens an address and waits until the page is loaded.</summary>
    public async Task GoAsync(Uri address, CancellationToken cancellationToken)
    {
        await EvaluateAsync("window.left = true", cancellationToken);
        await SendAsync("Page.navigate", new { url = address.ToString() }, cancellationToken);
        await UntilAsync("!window.left && document.readyState === 'complete'", cancellationToken);
    }

    /// <summary>Clicks an element as a user does, and waits for the page that it leads to.</summary>
    public async Task ClickAsync(string selector, CancellationToken cancellationToken)
    {
        await EvaluateAsync("window.left = true", cancellationToken);
        Assert.Equal("True", await EvaluateAsync($"(() => {{ const found = {selector}; if (!found) return false; found.click(); return true; }})()", cancellationToken));
        await UntilAsync("!window.left && document.readyState === 'complete'", cancellationToken);
    }

    /// <summary>Presses and releases a key as a user does.</summary>
    public async Task PressAsync(string key, CancellationToken cancellationToken)
    {
        int code = key == "Enter" ? 13 : 9;
        await SendAsync("Input.dispatchKeyEvent", new { type = "keyDown", key, code = key, windowsVirtualKeyCode = code, text = key == "Enter" ? "\r" : "" }, cancellationToken);
        await SendAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key, windowsVirtualKeyCode = code }, cancellationToken);
    }

    /// <summary>Sets the size of the window, and whether the user prefers dark colours.</summary>
    public async Task LookAsync(int width, int height, bool isDark, CancellationToken cancellationToken)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = width < 500 }, cancellationToken);
        await SendAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = isDark ? "dark" : "light" } } }, cancellationToken);
    }

    /// <summary>Waits, for as long as the token lets it, for an expression to become true.</summary>
    public async Task UntilAsync(string expression, CancellationToken cancellationToken)
    {
        while (await EvaluateAsync(expression, cancellationToken) != "True")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    public async Task SaveScreenshotAsync(string name, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("MEAIBUDGET_SCREENSHOTS") is { Length: > 0 } folder)
        {
            JsonElement result = await SendAsync("Page.captureScreenshot", new { format = "png", captureBeyondViewport = true }, cancellationToken);
            await File.WriteAllBytesAsync(System.IO.Path.Combine(folder, name + ".png"), result.GetProperty("data").GetBytesFromBase64(), cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A helper process may still write; the folder is in the temporary directory.
        }
    }

    private async Task<JsonElement> SendAsync(string method, object parameters, CancellationToken cancellationToken)
    {
        int id = ++_id;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters }), WebSocketMessageType.Text, true, cancellationToken);
        while (true)
        {
            using var message = new MemoryStream();
            byte[] buffer = new byte[64 * 1024];
            ValueWebSocketReceiveResult received;
            do
            {
                received = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                message.Write(buffer, 0, received.Count);
            }
            while (!received.EndOfMessage);

            JsonElement answer = JsonDocument.Parse(message.ToArray()).RootElement;
            if (answer.TryGetProperty("id", out JsonElement answered) && answered.GetInt32() == id)
            {
                return answer.TryGetProperty("result", out JsonElement result) ? result : default;
            }
        }
    }
}
