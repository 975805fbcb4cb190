using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>A server that reads one request after another and answers with whatever bytes a test writes, on a connection of its own.</summary>
internal sealed class HostileServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _serving;

    /// <summary>Starts the server.</summary>
    public HostileServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Writes the next answers. It ends when the client closes the connection, by an exception.</summary>
    public Func<NetworkStream, Task> Answer { get; set; } = _ => Task.CompletedTask;

    /// <summary>Gets the address, without a path.</summary>
    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopped.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                TcpClient connection = await _listener.AcceptTcpClientAsync(_stopped.Token);
                _ = AnswerAsync(connection);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient connection)
    {
        using (connection)
        {
            try
            {
                NetworkStream stream = connection.GetStream();
                await ReadRequestAsync(stream);
                await Answer(stream);
            }
            catch (Exception closed) when (closed is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has seen enough.
            }
        }
    }

    private async Task ReadRequestAsync(NetworkStream stream)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), _stopped.Token);
            length += read;
            string text = Encoding.ASCII.GetString(buffer, 0, length);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (read == 0 || (end >= 0 && (IsChunked(text[..end]) ? text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) : length >= end + 4 + LengthOf(text[..end]))))
            {
                return;
            }
        }
    }

    private static bool IsChunked(string head) => head.Contains("chunked", StringComparison.OrdinalIgnoreCase);

    private static int LengthOf(string head)
    {
        const string Name = "content-length:";
        int at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(head[(at + Name.Length)..].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
