using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>A provider's interface for administrators on this machine, whose answers a test gives.</summary>
internal sealed class BillServer : IDisposable
{
    private readonly HttpListener _listener = new();

    public BillServer()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Endpoint = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }

        _listener.Prefixes.Add(Endpoint);
        _listener.Start();
    }

    public string Endpoint { get; }

    /// <summary>Gets the paths and queries that were asked for.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Gets the headers of the last request.</summary>
    public WebHeaderCollection Headers { get; private set; } = [];

    /// <summary>Answers requests, by their path and by how many came before.</summary>
    /// <param name="answer">Gives the status, the header Retry-After, and the body.</param>
    /// <param name="cutsOff">Ends the connection before the end of each body.</param>
    public void Answer(Func<string, int, (int Status, string? RetryAfter, string Body)> answer, bool cutsOff = false) => _ = Task.Run(async () =>
    {
        while (true)
        {
            HttpListenerContext context = await _listener.GetContextAsync();
            string path = context.Request.RawUrl!;
            (int status, string? retryAfter, string body) = answer(path, Asked.Count);
            Headers = new WebHeaderCollection { context.Request.Headers };
            Asked.Add(path);
            context.Response.StatusCode = status;
            if (retryAfter is not null)
            {
                context.Response.Headers["Retry-After"] = retryAfter;
            }

            byte[] bytes = Encoding.UTF8.GetBytes(body);
            if (cutsOff)
            {
                context.Response.ContentLength64 = bytes.Length;
                context.Response.OutputStream.Write(bytes, 0, bytes.Length / 2);
                context.Response.OutputStream.Flush();
                context.Response.Abort();
                continue;
            }

            context.Response.OutputStream.Write(bytes);
            context.Response.Close();
        }
    });

    public void Dispose() => _listener.Close();
}
